-- Frees the lease. False: it is not the caller's, or, with `p_if_drained`, there is something to do now and the holder has to
-- go round again. Ingest locks the same row, so a message is either seen here or finds the lease free.
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
  if p_if_drained and private.has_due_work(p_session_id) then
    return false;
  end if;

  update public.sessions s set batch_lock_id = null, batch_lock_until = null where s.id = p_session_id;
  return true;
end;
$$;
