-- One bounded step of housekeeping: raw payloads past their retention, old records of ticks and of the cron. Null or zero
-- days keep everything. Resumes where the last step stopped.
create function public.sweep_housekeeping(p_raw_retention_days integer, p_limit integer default 2000)
returns table (raw_payloads integer, sweep_runs integer, cron_runs integer)
language plpgsql volatile set search_path = ''
as $$
#variable_conflict use_column
declare
  v_retention constant interval := make_interval(days => p_raw_retention_days);
  v_from bigint;
  v_to bigint;
  v_seen bigint;
  v_raw_payloads integer := 0;
  v_sweep_runs integer;
begin
  if p_raw_retention_days > 0 then
    -- Whoever else is at it goes on; nobody waits.
    if pg_try_advisory_xact_lock(hashtext('recado.raw_payloads')) then
      insert into public.sweep_positions (task, position) values ('raw_payloads', 0) on conflict (task) do nothing;
      select p.position into v_from from public.sweep_positions p where p.task = 'raw_payloads';
      -- A window of numbers: a window of rows would have to look at all that is still kept.
      select
        coalesce(min(m.seq) filter (where m.created_at >= clock_timestamp() - v_retention) - 1, max(m.seq)),
        count(*)
      into v_to, v_seen
      from public.messages m
      where m.seq > v_from and m.seq <= v_from + p_limit;
      if v_seen = 0 then
        -- A gap, which is passed over, or the end.
        select min(m.seq) - 1 into v_to from public.messages m where m.seq > v_from + p_limit;
      end if;

      update public.messages m set metadata = '{}' where m.seq > v_from and m.seq <= v_to and m.direction = 'inbound';
      get diagnostics v_raw_payloads = row_count;
      update public.sweep_positions p set position = v_to where p.task = 'raw_payloads' and v_to is not null;
    end if;
    delete from public.orphaned_messages o
    where o.resolved_at < clock_timestamp() - v_retention;
  end if;

  delete from public.sweep_runs r where r.started_at < clock_timestamp() - interval '7 days';
  get diagnostics v_sweep_runs = row_count;
  return query select v_raw_payloads, v_sweep_runs, private.clear_cron_runs();
end;
$$;
