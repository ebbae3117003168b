create function private.is_open(p_status text)
returns boolean
language sql immutable set search_path = ''
as $$
  select p_status in ('pending', 'progress', 'human_handoff', 'idle_timeout');
$$;
