-- Opens the record of a tick and says how late it is. No row while another tick is at work: its record is open and its budget
-- is not over; it learns that it was asked again. A dead tick so keeps nobody away for longer than its budget, and one that is
-- past it begins nothing more. Ticks that begin together come one after the other: a lock until the end of this statement.
create function public.begin_sweep(p_budget_ms integer default 20000)
returns table (run_id bigint, late_seconds numeric, started_at timestamptz)
language plpgsql volatile set search_path = ''
as $$
#variable_conflict use_column
begin
  perform pg_advisory_xact_lock(hashtext('recado.begin_sweep'));
  update public.sweep_runs r
  set asked_again_at = clock_timestamp()
  where r.finished_at is null and r.works_until > clock_timestamp();
  if found then
    return;
  end if;
  return query
    insert into public.sweep_runs as r (late_seconds, works_until)
    select
      coalesce(round(extract(epoch from clock_timestamp() - min(o.oldest_due_at)), 3), 0),
      clock_timestamp() + make_interval(secs => p_budget_ms / 1000.0)
    from private.overdue() o
    returning r.id, r.late_seconds, r.started_at;
end;
$$;
