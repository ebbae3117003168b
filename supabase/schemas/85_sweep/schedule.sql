-- The schedule: pg_cron calls the sweep over HTTP through pg_net. Where either is missing or not preloaded, or pg_cron belongs
-- to another database, nothing is scheduled and nothing breaks: any other clock may make the same call.
do $$
begin
  if private.cron_is_ours() and exists (select from pg_catalog.pg_available_extensions where name = 'pg_cron') then
    create extension if not exists pg_cron;
  end if;
  if exists (select from pg_catalog.pg_available_extensions where name = 'pg_net' and installed_version is null) then
    -- What it offers is in a schema of its own, net, and the extension itself should not be in public. It refuses where the
    -- server does not preload it.
    begin
      if to_regnamespace('extensions') is null then
        create extension pg_net;
      else
        create extension pg_net with schema extensions;
      end if;
    exception
      when others then
        raise notice 'The sweep is not called from here: pg_net cannot be made (%).', sqlerrm;
    end;
  end if;
  perform public.schedule_sweep();
end;
$$;
