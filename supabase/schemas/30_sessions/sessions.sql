-- The lasting thread between one sender and one customer: it carries the lock, the order and the 24 h window.

-- Every message and every heartbeat updates this row, so no changing column is indexed and pages keep room: the
-- updates stay HOT.
create table public.sessions (
  id uuid primary key default gen_random_uuid(),
  owner_id uuid not null references public.owners (id) on delete cascade,
  sender text not null references public.senders (address),
  customer_address text not null,
  session_key text not null generated always as (sender || '|' || customer_address) stored,
  profile_name text,
  last_inbound_at timestamptz,
  opted_out_at timestamptz,
  inbound_seq bigint not null default 0,
  inbound_minute timestamptz,
  inbound_this_minute integer not null default 0,
  rate_limited_until timestamptz,
  cap_told_on date,
  batch_lock_id text,
  batch_lock_until timestamptz,
  created_at timestamptz not null default clock_timestamp(),
  swept_at timestamptz,
  opted_in_at timestamptz,
  opt_out_by text,
  constraint session_key_is_unique_per_owner unique (owner_id, session_key),
  constraint opt_out_has_an_author check ((opted_out_at is null) = (opt_out_by is null)),
  constraint opt_out_author_is_known check (opt_out_by in ('customer', 'twilio')),
  constraint batch_lock_has_id_and_end_or_neither check ((batch_lock_id is null) = (batch_lock_until is null))
) with (fillfactor = 70);

comment on column public.sessions.customer_address is
  'Opaque text: Twilio also sends business-scoped ids such as whatsapp:US.1349120. Never parse it as a phone number.';
comment on column public.sessions.rate_limited_until is 'The flag of a customer who writes faster than the assistant allows.';
comment on column public.sessions.swept_at is 'When the sweep last took it up: the least recently tried comes first.';
comment on column public.sessions.opt_out_by is
  'A customer''s own word holds until the customer takes it back; Twilio''s (21610) until the customer writes again.';
comment on column public.sessions.cap_told_on is 'The day on which the customer was told that the daily cap is reached.';

create index sessions_by_sender on public.sessions (sender);

alter table public.sessions enable row level security;

create policy staff_sees_sessions on public.sessions
  for select to authenticated using (owner_id in (select private.my_owners('admin', 'agent')));
