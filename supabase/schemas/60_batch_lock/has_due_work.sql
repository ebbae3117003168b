-- Whether there is something that the session's holder can do now.
create function private.has_due_work(p_session_id uuid)
returns boolean
language sql volatile set search_path = ''
as $$
  select exists (select from private.due_work d where d.session_id = p_session_id);
$$;
