-- Tries the messages of a dead letter again, their attempts forgotten: an operator's deliberate second reply. Locks the
-- session, then the queue. Returns how many wait now; PT404 when the batch has no dead messages.
create function private.redrive(p_batch_id uuid)
returns integer
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_batch public.reply_batches;
  v_redriven integer;
begin
  select b.* into v_batch from public.reply_batches b where b.id = p_batch_id;
  perform private.require_role(v_batch.owner_id, 'admin', 'agent');
  perform from public.sessions s where s.id = v_batch.session_id for no key update;
  update public.conversations c set context = c.context - 'dead_letter' where c.id = v_batch.conversation_id;
  update public.message_queue q
  set status = 'pending', attempts = 0, batch_id = null, superseded = false, available_at = clock_timestamp()
  where q.batch_id = p_batch_id and q.status = 'dead' and q.session_id = v_batch.session_id;
  get diagnostics v_redriven = row_count;
  if v_redriven = 0 then
    raise exception using errcode = 'PT404', message = 'There is no such dead letter.';
  end if;
  perform private.call_sweep();
  return v_redriven;
end;
$$;
