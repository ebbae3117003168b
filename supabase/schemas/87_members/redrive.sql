-- Puts the messages of a dead letter back in the queue as if they came now, and returns how many. Locks the session,
-- conversation, messages, then the queue.
create function private.redrive(p_batch public.reply_batches)
returns integer
language plpgsql volatile set search_path = ''
as $$
declare
  v_redriven integer;
begin
  perform from public.sessions s where s.id = p_batch.session_id for no key update;
  update public.conversations c set context = c.context - 'dead_letter' where c.id = p_batch.conversation_id;
  update public.messages m
  set unanswered_reason = null
  where m.id in (
    select q.message_id
    from public.message_queue q
    where q.session_id = p_batch.session_id and q.batch_id = p_batch.id and q.status = 'dead'
  );
  update public.message_queue q
  set
    status = 'pending', batch_id = null, attempts = 0, outside_failures = 0, is_counted = false, superseded = false,
    delay_told = false, created_at = clock_timestamp(), available_at = clock_timestamp()
  where q.session_id = p_batch.session_id and q.batch_id = p_batch.id and q.status = 'dead';
  get diagnostics v_redriven = row_count;
  return v_redriven;
end;
$$;
