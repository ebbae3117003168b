create function public.redrive_dead_letter(p_batch_id uuid)
returns integer
language sql volatile set search_path = ''
as $$
  select private.redrive(p_batch_id);
$$;
