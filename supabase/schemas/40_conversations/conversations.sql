-- One episode inside a session, with a state that only move_conversation changes.

create table public.conversations (
  id uuid primary key default gen_random_uuid(),
  owner_id uuid not null references public.owners (id) on delete cascade,
  session_id uuid not null references public.sessions (id) on delete cascade,
  status text not null default 'pending',
  version integer not null default 1,
  started_at timestamptz not null default clock_timestamp(),
  updated_at timestamptz not null default clock_timestamp(),
  ended_at timestamptz,
  sweep_at timestamptz,
  context jsonb not null default '{}',
  history_characters integer,
  constraint status_is_known check (status in (
    'pending', 'progress', 'human_handoff', 'idle_timeout',
    'agent_closed', 'user_closed', 'support_closed', 'expired', 'failed'
  )),
  constraint only_a_final_conversation_has_ended check (
    (ended_at is not null) = (status in ('agent_closed', 'user_closed', 'support_closed', 'expired', 'failed'))
  )
) with (fillfactor = 80);

comment on column public.conversations.history_characters is
  'How much history the model took, once it had refused more. Null: it never did.';
comment on column public.conversations.sweep_at is
  'When the sweep looks next. Lazy: messages do not move it, so touching a conversation stays HOT.';

create unique index session_has_one_open_conversation on public.conversations (session_id)
  where status in ('pending', 'progress', 'human_handoff', 'idle_timeout');
create index conversations_by_session on public.conversations (session_id);
create index conversations_by_sweep_at on public.conversations (sweep_at) where sweep_at is not null;
create index conversations_by_owner on public.conversations (owner_id, started_at desc);

alter table public.conversations enable row level security;

create policy staff_sees_conversations on public.conversations
  for select to authenticated using (owner_id in (select private.my_owners('admin', 'agent')));
