-- Who may do what. Machines act as service_role; nobody else is granted anything here that is not named.

alter table public.owners enable row level security;
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
