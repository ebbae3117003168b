-- The lease on a session. Its holder's id is the fence that every later decision checks.

-- True while `p_session`, read under its row lock, has not been taken over from `p_webhook_id`.
create function private.is_holder(p_session public.sessions, p_webhook_id text)
returns boolean
language sql immutable set search_path = ''
as $$
  select coalesce(p_session.batch_lock_id = p_webhook_id, false);
$$;

-- Rows that call for a reply now. Claim, release and sweep share this: every row of the session that is not dead and
-- due, whatever its status, so that what a dead holder left is never overlooked.
create function private.has_due_rows(p_session_id uuid)
returns boolean
language sql volatile set search_path = ''
as $$
  select exists (
    select from public.message_queue q
    where q.session_id = p_session_id and q.status <> 'dead' and q.available_at <= clock_timestamp()
  );
$$;

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

-- The heartbeat. False: the lease is another's, or it expired, even if nobody took it; the caller writes nothing more.
create function public.extend_batch_lock(
  p_session_id uuid,
  p_webhook_id text,
  p_lock_duration_seconds integer default 120
)
returns boolean
language plpgsql volatile set search_path = ''
as $$
declare
  v_session public.sessions;
  v_now timestamptz;
begin
  select s.* into v_session from public.sessions s where s.id = p_session_id for no key update;
  v_now := clock_timestamp();
  if not private.is_holder(v_session, p_webhook_id) or v_session.batch_lock_until <= v_now then
    return false;
  end if;

  update public.sessions s
  set batch_lock_until = v_now + make_interval(secs => p_lock_duration_seconds)
  where s.id = p_session_id;
  return true;
end;
$$;

-- Frees the lease. False: it is not the caller's, or, with `p_if_drained`, rows are due and the holder has to go round
-- again. Ingest locks the same row, so a message is either seen here or finds the lease free.
create function public.release_batch_lock(p_session_id uuid, p_webhook_id text, p_if_drained boolean default false)
returns boolean
language plpgsql volatile set search_path = ''
as $$
declare
  v_session public.sessions;
begin
  select s.* into v_session from public.sessions s where s.id = p_session_id for no key update;
  if not private.is_holder(v_session, p_webhook_id) then
    return false;
  end if;
  if p_if_drained and private.has_due_rows(p_session_id) then
    return false;
  end if;

  update public.sessions s set batch_lock_id = null, batch_lock_until = null where s.id = p_session_id;
  return true;
end;
$$;
