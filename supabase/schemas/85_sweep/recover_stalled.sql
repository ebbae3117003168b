-- What the sweep looks for: sessions in which something can be done now, and no live lease. Fresh messages are left to the
-- invocation that brought them. Organizations take turns, and within one the session comes first that was least recently
-- tried: whoever cannot be helped keeps nobody else waiting. A tick that asks again names its start, and gets what it has
-- not tried. A list without promises: whoever works on it takes the lease first.
create function public.recover_stalled(
  p_limit integer default 50,
  p_settle_seconds integer default 1,
  p_tried_before timestamptz default null
)
returns setof uuid
language sql volatile set search_path = ''
as $$
  with due as (
    select d.session_id, min(d.due_at) as since
    from private.due_work d
    where d.kind = 'sends' or d.created_at <= clock_timestamp() - make_interval(secs => p_settle_seconds)
    group by d.session_id
  ),
  ranked as (
    select
      s.id, s.swept_at, due.since,
      row_number() over (partition by s.owner_id order by s.swept_at nulls first, due.since) as turn
    from due
    join public.sessions s on s.id = due.session_id
    where (s.batch_lock_until is null or s.batch_lock_until <= clock_timestamp())
      and (s.swept_at is null or p_tried_before is null or s.swept_at < p_tried_before)
  ),
  picked as (
    select s.id
    from ranked r
    join public.sessions s on s.id = r.id
    order by r.turn, r.swept_at nulls first, r.since
    limit p_limit
    for no key update of s skip locked
  ),
  marked as (
    update public.sessions s
    set swept_at = clock_timestamp()
    from picked p
    where s.id = p.id
    returning s.id
  )
  select m.id
  from marked m
  join ranked r on r.id = m.id
  order by r.turn, r.swept_at nulls first, r.since;
$$;
