-- What is still to be answered, and the ledger of which reply covers which messages.

-- Ingest pays for every index here, so there are two.
create table public.message_queue (
  id bigint generated always as identity primary key,
  message_id uuid not null references public.messages (id) on delete cascade,
  message_sid text not null,
  session_id uuid not null,
  payload jsonb not null,
  status text not null default 'pending',
  attempts integer not null default 0,
  superseded boolean not null default false,
  available_at timestamptz not null default clock_timestamp(),
  batch_id uuid,
  last_error text,
  created_at timestamptz not null default clock_timestamp(),
  constraint status_is_known check (status in ('pending', 'processing', 'dead')),
  constraint processing_row_has_a_batch check (status <> 'processing' or batch_id is not null)
);
comment on table public.message_queue is 'A row is removed when its message is answered; dead rows stay.';
comment on column public.message_queue.payload is 'The message as the model is to see it.';
comment on column public.message_queue.available_at is 'Back-off and nothing else.';
comment on column public.message_queue.superseded is 'A reply to this message was already discarded once for newer ones.';

create index message_queue_by_session on public.message_queue (session_id, available_at) where status <> 'dead';

create table public.reply_batches (
  id uuid primary key default gen_random_uuid(),
  owner_id uuid not null,
  session_id uuid not null references public.sessions (id) on delete cascade,
  conversation_id uuid not null references public.conversations (id) on delete cascade,
  lock_id text not null,
  message_ids uuid[] not null,
  attempt integer not null,
  outcome text not null default 'claimed',
  model text,
  prompt_tokens integer,
  completion_tokens integer,
  latency_ms integer,
  error jsonb,
  created_at timestamptz not null default clock_timestamp(),
  closed_at timestamptz,
  constraint outcome_is_known check (outcome in ('claimed', 'completed', 'superseded', 'handed_back', 'failed', 'dead')),
  constraint only_a_claimed_batch_is_open check ((outcome = 'claimed') = (closed_at is null)),
  constraint batch_has_messages check (cardinality(message_ids) > 0)
);
comment on table public.reply_batches is 'The ledger: which reply covers which messages, and what became of each try.';

create unique index session_has_one_claimed_batch on public.reply_batches (session_id) where outcome = 'claimed';
create index reply_batches_by_session on public.reply_batches (session_id, created_at);
create index reply_batches_by_owner on public.reply_batches (owner_id, created_at);
