-- The schedule: pg_cron calls the sweep over HTTP through pg_net. Where either is missing, or pg_cron belongs to another
-- database, nothing is scheduled and nothing breaks: any other clock may make the same call.

create or replace function private.cron_is_ours()
returns boolean
language sql stable set search_path = ''
as $$
  select current_setting('cron.database_name', true) = current_database();
$$;

do $$
begin
  if private.cron_is_ours() and exists (select from pg_catalog.pg_available_extensions where name = 'pg_cron') then
    create extension if not exists pg_cron;
  end if;
  if exists (select from pg_catalog.pg_available_extensions where name = 'pg_net') then
    create extension if not exists pg_net;
  end if;
end;
$$;

-- A secret of Supabase's Vault; null where there is no Vault or no such secret.
create or replace function private.vault_secret(p_name text)
returns text
language plpgsql stable set search_path = ''
as $$
declare
  v_secret text;
begin
  if to_regclass('vault.decrypted_secrets') is null then
    return null;
  end if;
  execute format('select s.decrypted_secret from %I.decrypted_secrets s where s.name = $1', 'vault')
  into v_secret
  using p_name;
  return v_secret;
end;
$$;

-- One call of the sweep. Address and key are read now, so that changing them needs no new schedule. Does nothing but a
-- notice until both secrets and pg_net are there.
create or replace function private.call_sweep()
returns bigint
language plpgsql volatile set search_path = ''
as $$
declare
  v_url constant text := private.vault_secret('recado_sweep_url');
  v_key constant text := private.vault_secret('recado_internal_api_key');
  v_request_id bigint;
begin
  if v_url is null or v_key is null then
    raise notice 'The sweep is not called: the Vault has no recado_sweep_url or no recado_internal_api_key.';
    return null;
  end if;
  if to_regprocedure('net.http_post(text, jsonb, jsonb, jsonb, integer)') is null then
    raise notice 'The sweep is not called: there is no pg_net.';
    return null;
  end if;
  execute format(
    'select %I.http_post(url := $1, headers := $2, body := ''{}''::jsonb, timeout_milliseconds := 60000)', 'net'
  )
  into v_request_id
  using v_url, jsonb_build_object('Content-Type', 'application/json', 'x-internal-api-key', v_key);
  return v_request_id;
end;
$$;

-- Schedules the sweep, or changes its interval; zero takes it off the schedule. Returns the schedule in force, null when
-- pg_cron is not to be had here. pg_cron knows seconds from 1.5 on; before, the sweep runs every minute. Machines may not
-- enter pg_cron's schema, hence security definer.
create or replace function public.schedule_sweep(p_seconds integer default 30)
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

-- The schedule in force and when it last fired; null where there is none. "succeeded" in pg_cron's own table only means
-- that the call was queued.
create or replace function private.sweep_schedule()
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

-- The interval of a schedule that schedule_sweep made.
create or replace function private.schedule_interval(p_schedule text)
returns interval
language sql immutable set search_path = ''
as $$
  select case
    when p_schedule like '% seconds' then make_interval(secs => split_part(p_schedule, ' ', 1)::integer)
    when p_schedule like '*/%' then make_interval(mins => substring(p_schedule from '\d+')::integer)
    when p_schedule = '0 * * * *' then interval '1 hour'
    else interval '1 minute'
  end;
$$;

-- At a glance: when the sweep last finished, what is overdue, and whether it is dead (three intervals, at least three
-- minutes, without a finished run). A call that fails leaves no finished run, so a function that answers 500 shows here too.
create or replace view public.sweep_health with (security_invoker = true) as
select
  r.last_started_at,
  r.last_finished_at,
  s.schedule,
  s.last_fired_at,
  o.overdue_messages,
  o.overdue_conversations,
  o.overdue_sends,
  o.late_seconds,
  coalesce(
    r.last_finished_at < clock_timestamp() - greatest(interval '3 minutes', 3 * private.schedule_interval(s.schedule)),
    true
  ) as is_dead
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
left join private.sweep_schedule() s on true;

select public.schedule_sweep();
