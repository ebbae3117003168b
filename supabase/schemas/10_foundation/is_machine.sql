-- What an organization's people may do. They call the functions in public; the work is done in private, where membership
-- is checked first.

-- True for our own functions and for whoever administers the database; false for people who signed in.
create function private.is_machine()
returns boolean
language sql stable set search_path = ''
as $$
  select case coalesce(nullif(current_setting('role', true), ''), 'none')
    when 'none' then session_user in ('postgres', 'service_role', 'supabase_admin')
    else current_setting('role', true) in ('postgres', 'service_role')
  end;
$$;
