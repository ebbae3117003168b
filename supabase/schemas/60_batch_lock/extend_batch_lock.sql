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
