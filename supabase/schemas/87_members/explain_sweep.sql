-- Why the sweep does not run as it should, for machines and admins: no rows where all is well.
create function public.explain_sweep()
returns table (reason text, detail text)
language sql stable set search_path = ''
as $$
  select e.reason, e.detail from private.explain_sweep_for_member() e;
$$;
