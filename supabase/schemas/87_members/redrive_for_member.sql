-- redrive on a person's behalf. PT404 when the batch has no dead messages.
create function private.redrive_for_member(p_batch_id uuid)
returns integer
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_batch public.reply_batches;
  v_redriven integer;
begin
  select b.* into v_batch from public.reply_batches b where b.id = p_batch_id;
  perform private.require_role(v_batch.owner_id, 'admin', 'agent');
  if not private.may_redrive(v_batch.session_id) then
    raise exception using
      errcode = 'PT409', message = 'The assistant may not answer: a person has the conversation, or the customer opted out.';
  end if;
  v_redriven := private.redrive(v_batch);
  if v_redriven = 0 then
    raise exception using errcode = 'PT404', message = 'There is no such dead letter.';
  end if;
  perform private.wake_sweep();
  return v_redriven;
end;
$$;
