grant usage on schema public, private to service_role;
grant usage on schema private to authenticated;
