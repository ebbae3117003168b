-- At a glance: when the sweep last finished, what is overdue, whether it is dead (three intervals, at least three minutes,
-- without a finished run), and why. A call that fails leaves no finished run, so a function that answers 500 shows here too.
create view public.sweep_health with (security_invoker = true) as
select
  r.last_started_at,
  r.last_finished_at,
  s.schedule,
  s.last_fired_at,
  o.overdue_messages,
  o.overdue_conversations,
  o.overdue_sends,
  o.late_seconds,
  d.is_dead,
  e.reasons
from (
  select max(started_at) as last_started_at, max(finished_at) as last_finished_at
  from public.sweep_runs
) r
cross join (
  select
    coalesce(sum(due) filter (where kind = 'messages'), 0) as overdue_messages,
    coalesce(sum(due) filter (where kind = 'conversations'), 0) as overdue_conversations,
    coalesce(sum(due) filter (where kind = 'sends'), 0) as overdue_sends,
    coalesce(round(extract(epoch from clock_timestamp() - min(oldest_due_at)), 3), 0) as late_seconds
  from private.overdue()
) o
left join private.sweep_schedule() s on true
cross join lateral (
  select coalesce(
    r.last_finished_at < clock_timestamp() - greatest(interval '3 minutes', 3 * private.schedule_interval(s.schedule)),
    true
  ) as is_dead
) d
cross join lateral (
  select coalesce(jsonb_agg(jsonb_build_object('reason', w.reason, 'detail', w.detail)), '[]') as reasons
  from private.explain_sweep(d.is_dead, r.last_started_at, r.last_finished_at) w
) e;
