-- Who may do what. Machines act as service_role; nobody else is granted anything here that is not named.

alter table public.owners enable row level security;
alter table public.model_calls enable row level security;
alter table public.users enable row level security;
alter table public.assistants enable row level security;
alter table public.twilio_accounts enable row level security;
alter table public.senders enable row level security;
alter table public.sessions enable row level security;
alter table public.conversations enable row level security;
alter table public.conversation_state_history enable row level security;
alter table public.messages enable row level security;
alter table public.message_queue enable row level security;
alter table public.reply_batches enable row level security;
alter table public.orphaned_messages enable row level security;
alter table public.sweep_runs enable row level security;
alter table public.sweep_positions enable row level security;

revoke all on all tables in schema public from anon, authenticated;
revoke all on all sequences in schema public from anon, authenticated;
revoke all on all functions in schema public from public, anon, authenticated;
revoke all on all functions in schema private from public;
alter default privileges in schema public revoke all on tables from anon, authenticated;
alter default privileges in schema public revoke all on sequences from anon, authenticated;
alter default privileges in schema public revoke all on functions from public, anon, authenticated;

grant usage on schema public, private to service_role;
grant all on all tables in schema public to service_role;
grant all on all sequences in schema public to service_role;
grant execute on all functions in schema public to service_role;
grant execute on all functions in schema private to service_role;

-- Members: what they may read, by table; what they may do, by function. Tokens are in no grant.
grant usage on schema private to authenticated;
grant execute on function
  private.my_owners(text[]),
  private.move_for_member(uuid, text, text),
  private.write_operator_message(uuid, text),
  private.redrive(uuid)
to authenticated;
grant execute on function
  public.take_over_conversation(uuid, text),
  public.hand_back_conversation(uuid, text),
  public.close_conversation(uuid, text, text),
  public.send_operator_message(uuid, text),
  public.redrive_dead_letter(uuid)
to authenticated;
grant select on
  public.owners, public.users, public.assistants, public.senders, public.sessions, public.conversations,
  public.conversation_state_history, public.messages, public.message_queue, public.reply_batches,
  public.orphaned_messages, public.model_calls
to authenticated;
grant select (id, owner_id, account_sid, created_at) on public.twilio_accounts to authenticated;
grant update (
  name, instructions, model, locale, quiet_window_ms, max_wait_ms, overlap, idle_minutes, expiry_minutes,
  pending_expiry_minutes, idle_message, fallback_message, content_sid, max_inbound_per_minute, enabled_tools
) on public.assistants to authenticated;

create policy members_see_their_owner on public.owners
  for select to authenticated using (id in (select private.my_owners()));
create policy members_see_themselves_and_staff_sees_all on public.users
  for select to authenticated
  using (owner_id in (select private.my_owners('admin', 'agent')) or auth_id = (select auth.uid()));
create policy members_see_assistants on public.assistants
  for select to authenticated using (owner_id in (select private.my_owners()));
create policy admins_change_assistants on public.assistants
  for update to authenticated
  using (owner_id in (select private.my_owners('admin')))
  with check (owner_id in (select private.my_owners('admin')));
create policy admins_see_accounts on public.twilio_accounts
  for select to authenticated using (owner_id in (select private.my_owners('admin')));
create policy members_see_senders on public.senders
  for select to authenticated using (owner_id in (select private.my_owners()));
create policy staff_sees_sessions on public.sessions
  for select to authenticated using (owner_id in (select private.my_owners('admin', 'agent')));
create policy staff_sees_conversations on public.conversations
  for select to authenticated using (owner_id in (select private.my_owners('admin', 'agent')));
create policy staff_sees_history on public.conversation_state_history
  for select to authenticated using (owner_id in (select private.my_owners('admin', 'agent')));
create policy staff_sees_messages on public.messages
  for select to authenticated using (owner_id in (select private.my_owners('admin', 'agent')));
create policy staff_sees_the_queue on public.message_queue
  for select to authenticated
  using (session_id in (select s.id from public.sessions s));
create policy staff_sees_batches on public.reply_batches
  for select to authenticated using (owner_id in (select private.my_owners('admin', 'agent')));
create policy admins_see_orphans_of_their_accounts on public.orphaned_messages
  for select to authenticated
  using (account_sid in (select t.account_sid from public.twilio_accounts t));
create policy admins_see_usage on public.model_calls
  for select to authenticated using (owner_id in (select private.my_owners('admin')));

-- Machines only: said so, that it is not mistaken for forgotten.
create policy nobody_reads_sweep_runs on public.sweep_runs for select to authenticated using (false);
create policy nobody_reads_sweep_positions on public.sweep_positions for select to authenticated using (false);
