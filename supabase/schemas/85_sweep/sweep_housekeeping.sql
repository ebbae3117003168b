-- One bounded step of housekeeping: raw payloads, orphans and dead letters past their retention, old records of ticks, of
-- calls and of our own job's runs. Null or zero days keep everything that customers wrote.
create function public.sweep_housekeeping(p_raw_retention_days integer, p_limit integer default 2000)
returns table (raw_payloads integer, orphans integer, dead_letters integer, sweep_runs integer, cron_runs integer)
language plpgsql volatile set search_path = ''
as $$
#variable_conflict use_column
declare
  v_retention constant interval := make_interval(days => p_raw_retention_days);
begin
  raw_payloads := 0;
  orphans := 0;
  dead_letters := 0;
  if p_raw_retention_days > 0 then
    raw_payloads := private.forget_raw_payloads(v_retention, p_limit);
    dead_letters := private.forget_dead_letters(v_retention, p_limit);
    delete from public.orphaned_messages o
    where o.id in (
      select d.id
      from public.orphaned_messages d
      where coalesce(d.resolved_at, d.received_at) < clock_timestamp() - v_retention
      limit p_limit
      for update skip locked
    );
    get diagnostics orphans = row_count;
  end if;

  delete from public.sweep_runs r where r.started_at < clock_timestamp() - interval '7 days';
  get diagnostics sweep_runs = row_count;
  delete from private.sweep_calls c where c.called_at < clock_timestamp() - interval '1 day';
  cron_runs := private.clear_cron_runs();
  return next;
end;
$$;
