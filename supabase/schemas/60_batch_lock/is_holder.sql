-- The lease on a session. Its holder's id is the fence that every later decision checks.

-- True while `p_session`, read under its row lock, has not been taken over from `p_webhook_id`.
create function private.is_holder(p_session public.sessions, p_webhook_id text)
returns boolean
language sql immutable set search_path = ''
as $$
  select coalesce(p_session.batch_lock_id = p_webhook_id, false);
$$;
