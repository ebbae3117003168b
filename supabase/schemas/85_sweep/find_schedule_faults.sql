-- What keeps the schedule from calling: no pg_cron, no job, a job that failed, no pg_net.
create function private.find_schedule_faults()
returns table (reason text, detail text)
language plpgsql stable set search_path = ''
as $$
declare
  v_failure text;
begin
  if not exists (select from pg_catalog.pg_extension e where e.extname = 'pg_cron') then
    return query select 'pg_cron_absent', 'This database has no pg_cron, and nothing else calls the sweep.';
  elsif not exists (select from private.sweep_schedule()) then
    return query select 'schedule_off', 'pg_cron has no active job recado-sweep.';
  else
    execute format(
      'select case d.status when ''failed'' then d.return_message end
       from %1$I.job_run_details d join %1$I.job j on j.jobid = d.jobid
       where j.jobname = ''recado-sweep'' and d.status in (''succeeded'', ''failed'')
       order by d.runid desc limit 1',
      'cron'
    ) into v_failure;
    if v_failure is not null then
      return query select 'schedule_failed', private.without_secrets(split_part(v_failure, E'\n', 1));
    end if;
  end if;
  if to_regprocedure('net.http_post(text, jsonb, jsonb, jsonb, integer)') is null then
    return query select 'pg_net_absent', 'This database has no pg_net to call the sweep with.';
  end if;
end;
$$;
