-- Forgets what our own job did more than a week ago; returns how many runs. A former job of ours has no name any more, but its
-- command. Runs that a restart of the server cut off never end, and some never began: of those without any time the numbers,
-- which only grow, say that they are old. Machines may not enter pg_cron's schema, hence security definer.
create function private.clear_cron_runs()
returns integer
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_cleared integer := 0;
begin
  if to_regclass('cron.job_run_details') is not null then
    execute format(
      'with ours as (
         select d.runid, coalesce(d.end_time, d.start_time) as at
         from %1$I.job_run_details d
         left join %1$I.job j on j.jobid = d.jobid
         where j.jobname = ''recado-sweep'' or (j.jobid is null and d.command = ''select private.call_sweep()'')
       ),
       old as (
         select o.runid from ours o
         where o.at < clock_timestamp() - interval ''7 days''
           or (o.at is null and o.runid < (
             select max(n.runid) from ours n where n.at < clock_timestamp() - interval ''7 days''
           ))
       )
       delete from %1$I.job_run_details d using old where d.runid = old.runid',
      'cron'
    );
    get diagnostics v_cleared = row_count;
  end if;
  return v_cleared;
end;
$$;
