create table public.orphaned_messages (
  id uuid primary key default gen_random_uuid(),
  message_sid text not null,
  account_sid text,
  from_address text,
  to_address text,
  params jsonb not null,
  content jsonb,
  reason text not null,
  received_at timestamptz not null default clock_timestamp(),
  resolved_at timestamptz,
  constraint orphaned_message_sid_is_unique unique (message_sid),
  constraint reason_is_known check (reason in ('unknown_sender', 'account_mismatch', 'sender_inactive'))
);

comment on table public.orphaned_messages is 'Verified, but for no sender of ours. Kept so that nothing is lost.';

create index orphaned_messages_by_account on public.orphaned_messages (account_sid);
create index orphaned_messages_unresolved on public.orphaned_messages (to_address, received_at) where resolved_at is null;

alter table public.orphaned_messages enable row level security;

create policy admins_see_orphans_of_their_accounts on public.orphaned_messages
  for select to authenticated
  using (account_sid in (select t.account_sid from public.twilio_accounts t));
