-- What is still to be answered, and the ledger of which reply covers which messages.

-- Ingest pays for every index here, so there are two.
create table public.message_queue (
  id bigint generated always as identity,
  message_id uuid primary key references public.messages (id) on delete cascade,
  message_sid text not null,
  session_id uuid not null,
  payload jsonb not null default '{}',
  status text not null default 'pending',
  attempts integer not null default 0,
  superseded boolean not null default false,
  available_at timestamptz not null default clock_timestamp(),
  batch_id uuid,
  last_error text,
  created_at timestamptz not null default clock_timestamp(),
  is_counted boolean not null default false,
  outside_failures integer not null default 0,
  delay_told boolean not null default false,
  constraint status_is_known check (status in ('pending', 'processing', 'dead')),
  constraint processing_row_has_a_batch check (status <> 'processing' or batch_id is not null)
);

comment on table public.message_queue is 'A row is removed when its message is answered; dead rows stay.';
comment on column public.message_queue.payload is 'Unused: the model sees the message itself. Kept for readers of the table.';
comment on column public.message_queue.available_at is 'Back-off and nothing else.';
comment on column public.message_queue.id is 'The order of arrival.';
comment on column public.message_queue.attempts is 'Tries that failed by what the messages themselves brought about.';
comment on column public.message_queue.is_counted is 'Whether its last claim counted as an attempt: what is given back takes back no more than that.';
comment on column public.message_queue.outside_failures is 'Tries in a row that failed by what is outside: the model away, busy, or not to be paid.';
comment on column public.message_queue.delay_told is 'The customer was told that the reply takes longer.';
comment on column public.message_queue.superseded is 'A reply to this message was already discarded once for newer ones.';

create index message_queue_by_session on public.message_queue (session_id, available_at) where status <> 'dead';

alter table public.message_queue enable row level security;

create policy staff_sees_the_queue on public.message_queue
  for select to authenticated
  using (session_id in (select s.id from public.sessions s));
