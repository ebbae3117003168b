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
  written_by text,
  content_sid text,
  account_sid text,
  from_address text,
  messaging_service_sid text,
  send_begun_by text,
  follows uuid,
  absent_at timestamptz,
  constraint message_sid_is_unique unique (message_sid),
  constraint direction_is_known check (direction in ('inbound', 'outbound')),
  constraint author_is_known check (author in ('customer', 'assistant', 'operator', 'system')),
  constraint kind_is_known check (kind in ('text', 'media', 'location', 'button', 'unknown')),
  constraint only_inbound_has_twilios_parameters check (direction = 'inbound' or metadata = '{}'),
  constraint only_outbound_has_a_template check (direction = 'outbound' or content_sid is null),
  constraint only_an_operator_is_named check (author = 'operator' or written_by is null),
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
comment on column public.messages.metadata is 'Of an inbound message: every parameter that Twilio sent, until its retention is over.';
comment on column public.messages.written_by is 'Who of ours wrote it, as history names people.';
comment on column public.messages.content_sid is 'The template that takes the place of the words outside the 24 h window.';
comment on column public.messages.account_sid is 'The account and sender that its last attempt used: it is settled there, wherever the sender is now.';
comment on column public.messages.send_begun_by is 'The holder that began its last attempt: asked again by the same one, nothing was posted.';
comment on column public.messages.follows is 'The message before it, whose callback is waited for; at the latest until send_after.';
comment on column public.messages.absent_at is 'When Twilio''s list first did not have it. Absence counts when it is seen twice.';
comment on column public.messages.unanswered_reason is 'Why an inbound message needs no reply.';
comment on column public.messages.second_message_sid is 'Set when Twilio took one row twice. Never expected; checked as an invariant.';
comment on column public.messages.message_sid_evidence is
  'How an outbound SID was learned. A response or a callback is proof, a listing is a match that proof overrules.';

create index messages_by_session on public.messages (session_id, seq);
create index messages_by_conversation on public.messages (conversation_id);
create unique index reply_has_one_message_per_position on public.messages (batch_id, position) where batch_id is not null;

-- The outbox: outbound rows that Twilio has not confirmed yet.
create index messages_unconfirmed on public.messages (session_id, seq)
  where direction = 'outbound' and message_sid is null and delivery_status in ('pending', 'sending', 'unknown');

-- Raw payloads are found by their place in time, at next to no cost for ingest.
create index messages_by_place on public.messages using brin (seq) with (autosummarize = on);

alter table public.messages enable row level security;

create policy staff_sees_messages on public.messages
  for select to authenticated using (owner_id in (select private.my_owners('admin', 'agent')));
