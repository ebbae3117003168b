-- Records what a tick did. Sessions that it listed and did not come to are the next one's first.
create function public.finish_sweep(p_run_id bigint, p_counts jsonb, p_untried uuid[] default '{}')
returns void
language sql volatile set search_path = ''
as $$
  update public.sessions s set swept_at = null where s.id = any (p_untried);
  update public.sweep_runs r set finished_at = clock_timestamp(), counts = p_counts where r.id = p_run_id;
$$;
