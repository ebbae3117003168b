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
