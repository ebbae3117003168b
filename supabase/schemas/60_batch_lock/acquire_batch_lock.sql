-- Takes the lease when it is free, expired, or already the caller's. Locks the session, then reads the clock.
-- `lock_owner` names the holder either way. An unknown session is PT404.
create function public.acquire_batch_lock(
  p_session_id uuid,
  p_webhook_id text,
  p_lock_duration_seconds integer default 120
)
returns table (success boolean, lock_owner text)
language plpgsql volatile set search_path = ''
as $$
declare
  v_session public.sessions;
  v_now timestamptz;
begin
  if p_webhook_id is null or p_lock_duration_seconds is null or p_lock_duration_seconds <= 0 then
    raise exception using errcode = 'PT422', message = 'A batch lock needs a holder and a duration above zero.';
  end if;

  select s.* into v_session from public.sessions s where s.id = p_session_id for no key update;
  if not found then
    raise exception using errcode = 'PT404', message = 'There is no such session.';
  end if;

  v_now := clock_timestamp();
  if v_session.batch_lock_until > v_now and v_session.batch_lock_id <> p_webhook_id then
    return query select false, v_session.batch_lock_id;
    return;
  end if;

  update public.sessions s
  set batch_lock_id = p_webhook_id, batch_lock_until = v_now + make_interval(secs => p_lock_duration_seconds)
  where s.id = p_session_id;
  return query select true, p_webhook_id;
end;
$$;
