-- The schedule: pg_cron calls the sweep over HTTP through pg_net. Where either is missing, or pg_cron belongs to another
-- database, nothing is scheduled and nothing breaks: any other clock may make the same call.
do $$
begin
  if private.cron_is_ours() and exists (select from pg_catalog.pg_available_extensions where name = 'pg_cron') then
    create extension if not exists pg_cron;
  end if;
  if exists (select from pg_catalog.pg_available_extensions where name = 'pg_net') then
    create extension if not exists pg_net;
  end if;
  perform public.schedule_sweep();
end;
$$;
