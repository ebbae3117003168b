-- Forgets what pg_cron did more than a week ago; returns how many runs. Machines may not enter pg_cron's schema, hence
-- security definer.
create function private.clear_cron_runs()
returns integer
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_cleared integer := 0;
begin
  if to_regclass('cron.job_run_details') is not null then
    execute format('delete from %I.job_run_details where end_time < now() - interval ''7 days''', 'cron');
    get diagnostics v_cleared = row_count;
  end if;
  return v_cleared;
end;
$$;
