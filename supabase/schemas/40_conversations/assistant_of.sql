-- The assistant that answers on a session's sender; where the sender has moved to another organization, the first one of the
-- session's own.
create function private.assistant_of(p_session_id uuid)
returns public.assistants
language sql stable set search_path = ''
as $$
  select a
  from public.sessions s
  join public.senders n on n.address = s.sender
  join public.assistants a on a.owner_id = s.owner_id
  where s.id = p_session_id
  order by a.id = n.assistant_id desc, a.created_at, a.id
  limit 1;
$$;
