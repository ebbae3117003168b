create function public.finish_sweep(p_run_id bigint, p_counts jsonb)
returns void
language sql volatile set search_path = ''
as $$
  update public.sweep_runs r set finished_at = clock_timestamp(), counts = p_counts where r.id = p_run_id;
$$;
