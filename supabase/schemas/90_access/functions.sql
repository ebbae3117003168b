-- Who may call what. Every function of ours is in this list, and none of anybody else's.

revoke all on function
  private.advance_delivery, private.assistant_of, private.batch_of_holder, private.begin_next_send,
  private.begun_send, private.call_sweep, private.cap_message, private.claimed_batch, private.clear_cron_runs,
  private.completed_batch, private.conversation_for_inbound, private.count_model_call, private.cron_is_ours,
  private.customer_service_window, private.dead_letter, private.delivery_moves, private.expires_at,
  private.fallback_message, private.has_due_rows, private.is_holder, private.is_machine, private.is_open,
  private.keep_orphan, private.legal_moves, private.lock_session, private.move_conversation,
  private.move_for_member, private.my_owners, private.next_sweep_at, private.on_auth_user,
  private.on_auth_user_deleted, private.overdue, private.put_off_until_tomorrow, private.reason_not_to_send,
  private.record_sid, private.redrive, private.require_role, private.return_rows, private.say_idle,
  private.schedule_interval, private.send_due_at, private.send_grace, private.send_payload, private.sweep_schedule,
  private.tie_auth_user, private.vault_secret, private.write_operator_message, public.acquire_batch_lock,
  public.adopt_orphaned_messages, public.begin_send, public.begin_sweep, public.claim_batch,
  public.close_conversation, public.complete_batch, public.extend_batch_lock, public.fail_batch,
  public.finish_sweep, public.hand_back_batch, public.hand_back_conversation, public.ingest_inbound_message,
  public.known_message_sids, public.record_delivery_status, public.record_send, public.recover_stalled,
  public.redrive_dead_letter, public.register_organization, public.release_batch_lock, public.schedule_sweep,
  public.send_operator_message, public.sweep_conversations, public.sweep_housekeeping,
  public.take_over_conversation, public.transition_conversation
from public, anon, authenticated;

-- Machines: our own edge functions.
grant execute on function
  private.advance_delivery, private.assistant_of, private.batch_of_holder, private.begin_next_send,
  private.begun_send, private.call_sweep, private.cap_message, private.claimed_batch, private.clear_cron_runs,
  private.completed_batch, private.conversation_for_inbound, private.count_model_call, private.cron_is_ours,
  private.customer_service_window, private.dead_letter, private.delivery_moves, private.expires_at,
  private.fallback_message, private.has_due_rows, private.is_holder, private.is_machine, private.is_open,
  private.keep_orphan, private.legal_moves, private.lock_session, private.move_conversation,
  private.move_for_member, private.my_owners, private.next_sweep_at, private.on_auth_user,
  private.on_auth_user_deleted, private.overdue, private.put_off_until_tomorrow, private.reason_not_to_send,
  private.record_sid, private.redrive, private.require_role, private.return_rows, private.say_idle,
  private.schedule_interval, private.send_due_at, private.send_grace, private.send_payload, private.sweep_schedule,
  private.tie_auth_user, private.vault_secret, private.write_operator_message, public.acquire_batch_lock,
  public.adopt_orphaned_messages, public.begin_send, public.begin_sweep, public.claim_batch,
  public.close_conversation, public.complete_batch, public.extend_batch_lock, public.fail_batch,
  public.finish_sweep, public.hand_back_batch, public.hand_back_conversation, public.ingest_inbound_message,
  public.known_message_sids, public.record_delivery_status, public.record_send, public.recover_stalled,
  public.redrive_dead_letter, public.register_organization, public.release_batch_lock, public.schedule_sweep,
  public.send_operator_message, public.sweep_conversations, public.sweep_housekeeping,
  public.take_over_conversation, public.transition_conversation
to service_role;

-- People: what they may do, in public; where their membership is checked, in private.
grant execute on function
  public.take_over_conversation, public.hand_back_conversation, public.close_conversation, public.send_operator_message,
  public.redrive_dead_letter, private.my_owners, private.move_for_member, private.write_operator_message, private.redrive
to authenticated;
