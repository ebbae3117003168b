-- One episode inside a session, with a state that only transition_conversation moves.

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
  constraint status_is_known check (status in (
    'pending', 'progress', 'human_handoff', 'idle_timeout',
    'agent_closed', 'user_closed', 'support_closed', 'expired', 'failed'
  )),
  constraint only_a_final_conversation_has_ended check (
    (ended_at is not null) = (status in ('agent_closed', 'user_closed', 'support_closed', 'expired', 'failed'))
  )
) with (fillfactor = 80);
comment on column public.conversations.sweep_at is
  'When the sweep looks next. Lazy: messages do not move it, so touching a conversation stays HOT.';

create unique index session_has_one_open_conversation on public.conversations (session_id)
  where status in ('pending', 'progress', 'human_handoff', 'idle_timeout');
create index conversations_by_session on public.conversations (session_id);
create index conversations_by_sweep_at on public.conversations (sweep_at) where sweep_at is not null;
create index conversations_by_owner on public.conversations (owner_id, started_at desc);

create table public.conversation_state_history (
  id bigint generated always as identity primary key,
  owner_id uuid not null references public.owners (id) on delete cascade,
  conversation_id uuid not null references public.conversations (id) on delete cascade,
  from_status text not null,
  to_status text not null,
  version integer not null,
  changed_by text not null,
  reason text,
  at timestamptz not null default clock_timestamp(),
  constraint version_is_reached_once unique (conversation_id, version)
);
create index conversation_state_history_by_owner on public.conversation_state_history (owner_id);

-- The legal moves, once and for all readers.
create function private.legal_moves()
returns table (from_status text, to_status text)
language sql immutable set search_path = ''
as $$
  select m.from_status, unnest(m.to_statuses)
  from (values
    ('pending', array['progress', 'human_handoff', 'expired', 'agent_closed', 'user_closed', 'support_closed', 'failed']),
    ('progress', array['human_handoff', 'idle_timeout', 'expired', 'agent_closed', 'user_closed', 'support_closed', 'failed']),
    ('human_handoff', array['progress', 'agent_closed', 'user_closed', 'support_closed', 'failed']),
    ('idle_timeout', array['progress', 'human_handoff', 'expired', 'agent_closed', 'user_closed', 'failed'])
  ) as m (from_status, to_statuses);
$$;

create function private.is_open(p_status text)
returns boolean
language sql immutable set search_path = ''
as $$
  select p_status in ('pending', 'progress', 'human_handoff', 'idle_timeout');
$$;

-- The assistant that answers on a session's sender.
create function private.assistant_of(p_session_id uuid)
returns public.assistants
language sql stable set search_path = ''
as $$
  select a
  from public.sessions s
  join public.senders n on n.address = s.sender
  join public.assistants a on a.id = n.assistant_id
  where s.id = p_session_id;
$$;

-- When a conversation ends for lack of activity; null where it never does (a person has it, or it is over).
create function private.expires_at(p_status text, p_updated_at timestamptz, p_assistant public.assistants)
returns timestamptz
language sql immutable set search_path = ''
as $$
  select case
    when p_status = 'pending' then p_updated_at + make_interval(mins => (p_assistant).pending_expiry_minutes)
    when p_status in ('progress', 'idle_timeout') then p_updated_at + make_interval(mins => (p_assistant).expiry_minutes)
  end;
$$;

-- The first moment at which time alone may change a conversation; null where it never does.
create function private.next_sweep_at(p_status text, p_updated_at timestamptz, p_assistant public.assistants)
returns timestamptz
language sql immutable set search_path = ''
as $$
  select least(
    private.expires_at(p_status, p_updated_at, p_assistant),
    case when p_status = 'progress' then p_updated_at + make_interval(mins => (p_assistant).idle_minutes) end
  );
$$;

-- Moves a conversation and writes its history. The caller holds the session's row lock and has read `p_conversation`
-- under it. Going idle is no activity, so it does not put off the expiry. An illegal move is PT422.
create function private.move_conversation(
  p_conversation public.conversations,
  p_to_status text,
  p_changed_by text,
  p_reason text
)
returns public.conversations
language plpgsql volatile set search_path = ''
as $$
declare
  v_now constant timestamptz := clock_timestamp();
  v_moved public.conversations;
begin
  if not exists (
    select from private.legal_moves() m
    where m.from_status = p_conversation.status and m.to_status = p_to_status
  ) then
    raise exception using
      errcode = 'PT422',
      message = format('A conversation cannot move from %s to %s.', p_conversation.status, p_to_status);
  end if;

  update public.conversations c
  set
    status = p_to_status,
    version = c.version + 1,
    updated_at = case when p_to_status = 'idle_timeout' then c.updated_at else v_now end,
    ended_at = case when private.is_open(p_to_status) then null else v_now end,
    sweep_at = private.next_sweep_at(
      p_to_status,
      case when p_to_status = 'idle_timeout' then c.updated_at else v_now end,
      private.assistant_of(c.session_id)
    )
  where c.id = p_conversation.id and c.version = p_conversation.version
  returning c.* into v_moved;
  if not found then
    raise exception using errcode = 'PT409', message = 'The conversation was changed meanwhile.';
  end if;

  insert into public.conversation_state_history
    (owner_id, conversation_id, from_status, to_status, version, changed_by, reason, at)
  values
    (v_moved.owner_id, v_moved.id, p_conversation.status, p_to_status, v_moved.version, p_changed_by, p_reason, v_now);
  return v_moved;
end;
$$;

-- The only door to a conversation's state. Locks the session, then the conversation. A version that is no longer
-- current is PT409, an illegal move PT422, an unknown conversation PT404.
create function public.transition_conversation(
  p_conversation_id uuid,
  p_to_status text,
  p_current_version integer,
  p_changed_by text,
  p_reason text default null
)
returns public.conversations
language plpgsql volatile set search_path = ''
as $$
declare
  v_conversation public.conversations;
begin
  perform from public.sessions s
  where s.id = (select c.session_id from public.conversations c where c.id = p_conversation_id)
  for no key update;

  select c.* into v_conversation
  from public.conversations c
  where c.id = p_conversation_id
  for no key update;
  if not found then
    raise exception using errcode = 'PT404', message = 'There is no such conversation.';
  end if;
  if v_conversation.version is distinct from p_current_version then
    raise exception using
      errcode = 'PT409',
      message = format('The conversation is at version %s, not %s.', v_conversation.version, p_current_version);
  end if;

  return private.move_conversation(v_conversation, p_to_status, p_changed_by, p_reason);
end;
$$;
