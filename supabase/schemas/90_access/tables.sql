-- Who may touch which rows; which of them they see is said by the policies beside each table. Tokens are in no grant.

revoke all on
  public.owners, public.model_calls, public.users, public.assistants, public.twilio_accounts, public.senders,
  public.sessions, public.conversations, public.conversation_state_history, public.messages, public.message_queue,
  public.reply_batches, public.orphaned_messages, public.sweep_runs, public.sweep_positions
from anon, authenticated;

grant all on
  public.owners, public.model_calls, public.users, public.assistants, public.twilio_accounts, public.senders,
  public.sessions, public.conversations, public.conversation_state_history, public.messages, public.message_queue,
  public.reply_batches, public.orphaned_messages, public.sweep_runs, public.sweep_positions
to service_role;
-- By name, for PostgreSQL 17 has a privilege that 15 does not know.
grant select, update, delete on private.waiting_rows, private.unfinished_sends to service_role;
grant select, insert, update, delete on private.sweep_calls to service_role;
grant select on private.outbox_heads, private.due_work to service_role;
revoke all on public.former_message_sids, public.sweep_health from anon, authenticated, service_role;
grant select, insert, update, delete on public.former_message_sids to service_role;
grant select on public.sweep_health to service_role;
revoke all on sequence
  public.conversation_state_history_id_seq, public.messages_seq_seq, public.message_queue_id_seq, public.sweep_runs_id_seq
from anon, authenticated;
grant all on sequence
  public.conversation_state_history_id_seq, public.messages_seq_seq, public.message_queue_id_seq, public.sweep_runs_id_seq
to service_role;

grant select on
  public.owners, public.users, public.assistants, public.senders, public.sessions, public.conversations,
  public.conversation_state_history, public.messages, public.message_queue, public.reply_batches,
  public.orphaned_messages, public.model_calls
to authenticated;
grant select (id, owner_id, account_sid, created_at) on public.twilio_accounts to authenticated;
grant update (
  name, instructions, model, locale, quiet_window_ms, max_wait_ms, overlap, idle_minutes, expiry_minutes,
  pending_expiry_minutes, idle_message, fallback_message, content_sid, max_inbound_per_minute, enabled_tools,
  delay_notice_seconds, delay_message, max_reply_parts, max_replies_per_minute, max_replies_per_hour
) on public.assistants to authenticated;
