-- Who may call what. Every function of ours is in this list, and none of anybody else's.

revoke all on function
  private.advance_delivery, private.assistant_of, private.batch_of_holder, private.begin_next_send,
  private.call_sweep, private.callback_patience, private.cancel_send, private.cap_message,
  private.claimed_batch, private.clear_cron_runs, private.completed_batch, private.conversation_for_inbound,
  private.correct_model_calls, private.count_model_call, private.cron_is_ours, private.customer_service_window,
  private.dead_letter, private.delay_message, private.delivery_moves, private.expires_at,
  private.explain_sweep, private.explain_sweep_for_member, private.fail_send, private.fallback_message,
  private.find_answer_faults, private.find_schedule_faults, private.find_secret_faults,
  private.flag_conversation, private.follow_last_send, private.forget_dead_letters,
  private.forget_raw_payloads, private.gather_template, private.give_up_on, private.has_due_work,
  private.heard_opt_out, private.is_holder, private.is_machine, private.is_open, private.keep_orphan,
  private.leave_unanswered, private.legal_moves, private.lift_for_member, private.lock_session,
  private.mark_begun, private.may_call_model, private.may_redrive, private.move_conversation,
  private.move_for_member, private.my_owners, private.next_rows, private.next_sweep_at, private.on_auth_user,
  private.on_auth_user_deleted, private.overdue, private.patience, private.pause_after,
  private.put_off_until_tomorrow, private.reason_not_to_send, private.record_sid, private.redrive,
  private.redrive_for_member, private.replies_are_too_many, private.require_role, private.return_rows,
  private.return_send, private.say_idle, private.schedule_interval, private.second_look, private.send_grace,
  private.send_payload, private.settle_send, private.sweep_schedule, private.tell_delay, private.template_now,
  private.tie_auth_user, private.vault_secret, private.wake_sweep, private.without_secrets,
  private.write_operator_message, public.acquire_batch_lock, public.adopt_orphaned_messages, public.begin_send,
  public.begin_sweep, public.claim_batch, public.close_conversation, public.complete_batch,
  public.explain_sweep, public.extend_batch_lock, public.fail_batch, public.finish_sweep,
  public.hand_back_batch, public.hand_back_conversation, public.ingest_inbound_message,
  public.known_message_sids, public.lift_opt_out, public.record_delivery_status, public.record_send,
  public.recover_stalled, public.redrive_dead_letter, public.redrive_dead_letters,
  public.register_organization, public.release_batch_lock, public.schedule_sweep, public.send_operator_message,
  public.sweep_conversations, public.sweep_housekeeping, public.take_over_conversation,
  public.transition_conversation
from public, anon, authenticated;

-- Machines: our own edge functions.
grant execute on function
  private.advance_delivery, private.assistant_of, private.batch_of_holder, private.begin_next_send,
  private.call_sweep, private.callback_patience, private.cancel_send, private.cap_message,
  private.claimed_batch, private.clear_cron_runs, private.completed_batch, private.conversation_for_inbound,
  private.correct_model_calls, private.count_model_call, private.cron_is_ours, private.customer_service_window,
  private.dead_letter, private.delay_message, private.delivery_moves, private.expires_at,
  private.explain_sweep, private.explain_sweep_for_member, private.fail_send, private.fallback_message,
  private.find_answer_faults, private.find_schedule_faults, private.find_secret_faults,
  private.flag_conversation, private.follow_last_send, private.forget_dead_letters,
  private.forget_raw_payloads, private.gather_template, private.give_up_on, private.has_due_work,
  private.heard_opt_out, private.is_holder, private.is_machine, private.is_open, private.keep_orphan,
  private.leave_unanswered, private.legal_moves, private.lift_for_member, private.lock_session,
  private.mark_begun, private.may_call_model, private.may_redrive, private.move_conversation,
  private.move_for_member, private.my_owners, private.next_rows, private.next_sweep_at, private.on_auth_user,
  private.on_auth_user_deleted, private.overdue, private.patience, private.pause_after,
  private.put_off_until_tomorrow, private.reason_not_to_send, private.record_sid, private.redrive,
  private.redrive_for_member, private.replies_are_too_many, private.require_role, private.return_rows,
  private.return_send, private.say_idle, private.schedule_interval, private.second_look, private.send_grace,
  private.send_payload, private.settle_send, private.sweep_schedule, private.tell_delay, private.template_now,
  private.tie_auth_user, private.vault_secret, private.wake_sweep, private.without_secrets,
  private.write_operator_message, public.acquire_batch_lock, public.adopt_orphaned_messages, public.begin_send,
  public.begin_sweep, public.claim_batch, public.close_conversation, public.complete_batch,
  public.explain_sweep, public.extend_batch_lock, public.fail_batch, public.finish_sweep,
  public.hand_back_batch, public.hand_back_conversation, public.ingest_inbound_message,
  public.known_message_sids, public.lift_opt_out, public.record_delivery_status, public.record_send,
  public.recover_stalled, public.redrive_dead_letter, public.redrive_dead_letters,
  public.register_organization, public.release_batch_lock, public.schedule_sweep, public.send_operator_message,
  public.sweep_conversations, public.sweep_housekeeping, public.take_over_conversation,
  public.transition_conversation
to service_role;

-- People: what they may do, in public; where their membership is checked, in private.
grant execute on function
  public.take_over_conversation, public.hand_back_conversation, public.close_conversation, public.send_operator_message,
  public.redrive_dead_letter, public.lift_opt_out, public.explain_sweep, private.my_owners, private.move_for_member,
  private.write_operator_message, private.redrive_for_member, private.lift_for_member,
  private.explain_sweep_for_member
to authenticated;
