-- What was said, in both directions, and what reached us for no sender of ours.

create table public.messages (
  id uuid primary key default gen_random_uuid(),
  owner_id uuid not null,
  session_id uuid not null references public.sessions (id) on delete cascade,
  conversation_id uuid not null references public.conversations (id) on delete cascade,
  seq bigint generated always as identity,
  direction text not null,
  author text not null,
  kind text not null default 'text',
  body text not null default '',
  media jsonb not null default '[]',
  message_sid text,
  message_sid_evidence text,
  second_message_sid text,
  metadata jsonb not null default '{}',
  batch_id uuid,
  position smallint,
  delivery_status text,
  error_code integer,
  cancel_reason text,
  send_attempt integer not null default 0,
  send_started_at timestamptz,
  send_after timestamptz,
  unanswered_reason text,
  created_at timestamptz not null default clock_timestamp(),
  constraint message_sid_is_unique unique (message_sid),
  constraint direction_is_known check (direction in ('inbound', 'outbound')),
  constraint author_is_known check (author in ('customer', 'assistant', 'operator', 'system')),
  constraint customer_writes_all_and_only_inbound check ((direction = 'inbound') = (author = 'customer')),
  constraint inbound_has_a_message_sid check (direction = 'outbound' or message_sid is not null),
  constraint outbound_has_a_delivery_status check ((direction = 'outbound') = (delivery_status is not null)),
  constraint delivery_status_is_known check (delivery_status in (
    'pending', 'sending', 'unknown',
    'accepted', 'scheduled', 'queued', 'sent', 'delivered', 'read', 'failed', 'undelivered', 'canceled'
  )),
  constraint message_sid_evidence_is_known check (message_sid_evidence in ('response', 'callback', 'listing')),
  constraint begun_send_has_a_start check (send_attempt = 0 or send_started_at is not null)
);
comment on column public.messages.seq is 'Order within the session: given under the session lock.';
comment on column public.messages.unanswered_reason is 'Why an inbound message needs no reply.';
comment on column public.messages.second_message_sid is 'Set when Twilio took one row twice. Never expected; checked as an invariant.';
comment on column public.messages.message_sid_evidence is
  'How an outbound SID was learned. A response or a callback is proof, a listing is a match that proof overrules.';

create index messages_by_session on public.messages (session_id, seq);
create unique index reply_has_one_message_per_position on public.messages (batch_id, position) where batch_id is not null;

-- The outbox: outbound rows that Twilio has not confirmed yet.
create index messages_unconfirmed on public.messages (session_id, seq)
  where direction = 'outbound' and message_sid is null and delivery_status in ('pending', 'sending', 'unknown');

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
