-- Whether the session has rows that call for a reply now.
create function private.has_due_rows(p_session_id uuid)
returns boolean
language sql volatile set search_path = ''
as $$
  select exists (
    select from private.waiting_rows w where w.session_id = p_session_id and w.available_at <= clock_timestamp()
  );
$$;
