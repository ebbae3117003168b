-- Opens the record of a tick and says how late it is.
create function public.begin_sweep()
returns table (run_id bigint, late_seconds numeric, started_at timestamptz)
language sql volatile set search_path = ''
as $$
  insert into public.sweep_runs as r (late_seconds)
  select coalesce(round(extract(epoch from clock_timestamp() - min(o.oldest_due_at)), 3), 0)
  from private.overdue() o
  returning r.id, r.late_seconds, r.started_at;
$$;
