-- The schedule in force and when it last fired; null where there is none. "succeeded" in pg_cron's own table only means
-- that the call was queued.
create function private.sweep_schedule()
returns table (schedule text, last_fired_at timestamptz)
language plpgsql stable security definer set search_path = ''
as $$
begin
  if to_regclass('cron.job') is null then
    return;
  end if;
  execute format(
    'select j.schedule, (select max(d.start_time) from %1$I.job_run_details d where d.jobid = j.jobid)
     from %1$I.job j where j.jobname = ''recado-sweep'' and j.active',
    'cron'
  ) into schedule, last_fired_at;
  if schedule is not null then
    return next;
  end if;
end;
$$;
