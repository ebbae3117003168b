-- Whether pg_cron works on this database: it has one, and that may be another.
create function private.cron_is_ours()
returns boolean
language sql stable set search_path = ''
as $$
  select current_setting('cron.database_name', true) = current_database();
$$;
