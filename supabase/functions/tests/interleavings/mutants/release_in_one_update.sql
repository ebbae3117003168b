-- The decision is made on the row as it was before the wait: a message that is being ingested is not seen.
create or replace function public.release_batch_lock(p_session_id uuid, p_webhook_id text, p_if_drained boolean default false)
returns boolean
language plpgsql volatile set search_path = ''
as $$
begin
  update public.sessions s
  set batch_lock_id = null, batch_lock_until = null
  where s.id = p_session_id
    and s.batch_lock_id = p_webhook_id
    and not (p_if_drained and exists (
      select from public.message_queue q
      where q.session_id = p_session_id and q.status <> 'dead' and q.available_at <= clock_timestamp()
    ));
  return found;
end;
$$;
