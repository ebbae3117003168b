-- How a claimed batch ends: completed, superseded, handed back, failed or dead. Every end is fenced by the lease.

-- The caller's claimed batch, or null when the lease or the batch is no longer the caller's. The caller holds the
-- session's row lock.
create function private.batch_of_holder(p_session public.sessions, p_webhook_id text, p_batch_id uuid)
returns public.reply_batches
language sql stable set search_path = ''
as $$
  select b
  from public.reply_batches b
  where b.id = p_batch_id
    and b.session_id = p_session.id
    and b.lock_id = p_webhook_id
    and private.is_holder(p_session, p_webhook_id);
$$;
