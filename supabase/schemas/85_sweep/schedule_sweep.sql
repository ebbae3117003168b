-- Schedules the sweep, or changes its interval; zero takes it off the schedule. Returns the schedule in force, null when
-- pg_cron is not to be had here. pg_cron knows seconds from 1.5 on; before, the sweep runs every minute. Machines may not
-- enter pg_cron's schema, hence security definer.
create function public.schedule_sweep(p_seconds integer default 30)
returns text
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_version integer[];
  v_schedule text;
begin
  if p_seconds not between 0 and 3600 then
    raise exception using errcode = 'PT422', message = 'The sweep runs every 1 to 3600 seconds, or, at 0, never.';
  end if;
  select regexp_match(e.extversion, '^(\d+)\.(\d+)')::integer[] into v_version
  from pg_catalog.pg_extension e
  where e.extname = 'pg_cron';
  if not found then
    return null;
  end if;
  if p_seconds = 0 then
    execute format('select %1$I.unschedule(j.jobid) from %1$I.job j where j.jobname = ''recado-sweep''', 'cron');
    return null;
  end if;

  v_schedule := case
    when p_seconds < 60 and v_version >= array[1, 5] then format('%s seconds', p_seconds)
    when p_seconds < 120 then '* * * * *'
    when p_seconds < 3600 then format('*/%s * * * *', p_seconds / 60)
    else '0 * * * *'
  end;
  execute format('select %I.schedule(''recado-sweep'', $1, ''select private.call_sweep()'')', 'cron') using v_schedule;
  return v_schedule;
end;
$$;
