-- What can be done now, by anybody who gets the lease: heads of outboxes whose time has come, and messages whose back-off is
-- over, unless a head that has to wait stands before them.
create view private.due_work with (security_invoker = true) as
select h.session_id, 'sends' as kind, h.due_at, h.due_at as created_at
from private.outbox_heads h
where h.due_at <= clock_timestamp()
union all
select w.session_id, 'messages', w.available_at, w.created_at
from private.waiting_rows w
-- A look for each, by the index, whatever the planner believes: a join of the two views was quadratic on stale statistics.
left join lateral (
  select u.due_at from private.unfinished_sends u where u.session_id = w.session_id order by u.seq limit 1
) h on true
where w.available_at <= clock_timestamp() and coalesce(h.due_at <= clock_timestamp(), true);
