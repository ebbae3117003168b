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
