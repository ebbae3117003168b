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
