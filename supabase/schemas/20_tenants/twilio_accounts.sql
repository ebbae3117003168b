create table public.twilio_accounts (
  id uuid primary key default gen_random_uuid(),
  owner_id uuid not null references public.owners (id) on delete cascade,
  account_sid text not null,
  auth_token_encrypted text not null,
  previous_auth_token_encrypted text,
  created_at timestamptz not null default clock_timestamp(),
  constraint account_sid_is_unique unique (account_sid),
  constraint account_sid_is_twilios check (account_sid ~ '^AC[0-9a-fA-F]{32}$'),
  constraint twilio_account_belongs_to_owner unique (owner_id, id)
);

comment on table public.twilio_accounts is
  'Tokens are compact JWE (A256GCM) that bind the account SID. The previous token is accepted while a rotation lasts.';

alter table public.twilio_accounts enable row level security;

create policy admins_see_accounts on public.twilio_accounts
  for select to authenticated using (owner_id in (select private.my_owners('admin')));
