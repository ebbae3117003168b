-- What the sweep looks for.

-- Sessions with something to do and nobody doing it: due rows or unfinished sends, and no live lease. Fresh messages are
-- left to the invocation that brought them. A list without promises: whoever works on it takes the lease first.
create function public.recover_stalled(p_limit integer default 50, p_settle_seconds integer default 1)
returns setof uuid
language sql volatile set search_path = ''
as $$
  select s.id
  from public.sessions s
  join (
    select w.session_id, min(w.since) as since
    from (
      select q.session_id, q.available_at as since
      from private.waiting_rows q
      where q.available_at <= clock_timestamp()
        and q.created_at <= clock_timestamp() - make_interval(secs => p_settle_seconds)
      union all
      select u.session_id, private.send_due_at(u)
      from private.unfinished_sends u
      where private.send_due_at(u) <= clock_timestamp()
    ) w
    group by w.session_id
  ) stalled on stalled.session_id = s.id
  where s.batch_lock_until is null or s.batch_lock_until <= clock_timestamp()
  order by stalled.since
  limit p_limit
  for no key update of s skip locked;
$$;
