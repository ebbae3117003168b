-- Tries up to `p_limit` dead letters again, oldest first: all, or those of an organization, or of a kind of failure, and
-- with `p_before` none that was given up on since. `batches` zero: there are no more.
create function public.redrive_dead_letters(
  p_owner_id uuid default null,
  p_failure text default null,
  p_limit integer default 100,
  p_before timestamptz default null
)
returns table (batches integer, messages integer)
language plpgsql volatile set search_path = ''
as $$
declare
  v_batch public.reply_batches;
begin
  -- One at a time, with adopt_orphaned_messages: both lock many sessions in an order of their own.
  perform pg_advisory_xact_lock(hashtextextended('recado.many_sessions', 0));
  batches := 0;
  messages := 0;
  for v_batch in
    select b.*
    from public.reply_batches b
    where b.id in (select q.batch_id from public.message_queue q where q.status = 'dead')
      and b.created_at < coalesce(p_before, clock_timestamp())
      and private.may_redrive(b.session_id)
      and (p_owner_id is null or b.owner_id = p_owner_id)
      and (p_failure is null or b.error ->> 'failure' = p_failure)
    order by b.created_at
    limit p_limit
  loop
    -- Who is busy is not waited for while others' sessions are held.
    perform from public.sessions s where s.id = v_batch.session_id for no key update skip locked;
    continue when not found;
    batches := batches + 1;
    messages := messages + private.redrive(v_batch);
  end loop;
  if batches > 0 then
    perform private.wake_sweep();
  end if;
  return next;
end;
$$;
