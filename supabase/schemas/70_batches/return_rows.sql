-- Puts the batch's rows back in the queue and takes back the attempts that the claim counted.
create function private.return_rows(p_batch public.reply_batches, p_superseded boolean)
returns void
language sql volatile set search_path = ''
as $$
  update public.message_queue q
  set
    status = 'pending',
    batch_id = null,
    attempts = q.attempts - q.is_counted::integer,
    is_counted = false,
    superseded = q.superseded or p_superseded
  where q.session_id = p_batch.session_id and q.batch_id = p_batch.id and q.status = 'processing';
$$;
