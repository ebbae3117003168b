-- The holder cannot go on (it is shutting down): its messages wait again, uncounted, and the lease is free. Locks the
-- session. False: the lease is another's.
create function public.hand_back_batch(p_session_id uuid, p_webhook_id text)
returns boolean
language plpgsql volatile set search_path = ''
as $$
declare
  v_session public.sessions;
  v_batch public.reply_batches;
begin
  select s.* into v_session from public.sessions s where s.id = p_session_id for no key update;
  if not private.is_holder(v_session, p_webhook_id) then
    return false;
  end if;

  select b.* into v_batch
  from public.reply_batches b
  where b.session_id = p_session_id and b.lock_id = p_webhook_id and b.outcome = 'claimed';
  if found then
    perform private.return_rows(v_batch, false);
    update public.reply_batches b set outcome = 'handed_back', closed_at = clock_timestamp() where b.id = v_batch.id;
  end if;
  update public.sessions s set batch_lock_id = null, batch_lock_until = null where s.id = p_session_id;
  return true;
end;
$$;
