-- Why the sweep does not run as it should: a code that stays, and what was found, without secrets. Nothing where all is well. Where
-- there is no pg_cron another clock may call the sweep: then nothing is missing as long as it runs. Reads what is Supabase's,
-- pg_cron's and pg_net's, hence security definer.
create function private.explain_sweep(p_is_dead boolean, p_last_started_at timestamptz, p_last_finished_at timestamptz)
returns table (reason text, detail text)
language plpgsql stable security definer set search_path = ''
as $$
begin
  if not p_is_dead and not exists (select from pg_catalog.pg_extension e where e.extname = 'pg_cron') then
    return;
  end if;
  return query
  select s.reason, s.detail from private.find_schedule_faults() s
  union all
  select s.reason, s.detail from private.find_secret_faults() s
  union all
  select a.reason, a.detail from private.find_answer_faults() a;

  if not p_is_dead then
    return;
  elsif p_last_started_at > clock_timestamp() - interval '10 minutes' then
    return query select 'runs_unfinished', format('Runs begin, the last one at %s, and do not finish.', p_last_started_at);
  elsif p_last_finished_at is null then
    return query select 'never_ran', 'The sweep has never finished a run.';
  else
    return query select 'last_run_old', format('The sweep last finished a run at %s.', p_last_finished_at);
  end if;
end;
$$;
