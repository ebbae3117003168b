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
