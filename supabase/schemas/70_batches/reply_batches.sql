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
create index reply_batches_by_conversation on public.reply_batches (conversation_id);
create index reply_batches_by_owner on public.reply_batches (owner_id, created_at);

alter table public.reply_batches enable row level security;

create policy staff_sees_batches on public.reply_batches
  for select to authenticated using (owner_id in (select private.my_owners('admin', 'agent')));
