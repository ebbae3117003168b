-- Closes the record of a tick, and answers null. Where the sweep was asked for since the tick last looked, and its budget is
-- not over, the record stays open: the answer is the moment from which the tick looks again. Without `p_looked_at` it is
-- closed whatever was asked. Sessions of `p_untried` were listed and not come to: they are the first of the next list. Safe to
-- repeat. Locks the record, then those sessions.
create function public.finish_sweep(
  p_run_id bigint,
  p_counts jsonb,
  p_looked_at timestamptz default null,
  p_untried uuid[] default '{}'
)
returns timestamptz
language plpgsql volatile set search_path = ''
as $$
declare
  v_run public.sweep_runs;
begin
  select r.* into v_run from public.sweep_runs r where r.id = p_run_id for no key update;
  update public.sessions s set swept_at = null where s.id = any (p_untried);
  if v_run.asked_again_at > p_looked_at and v_run.works_until > clock_timestamp() then
    return clock_timestamp();
  end if;
  update public.sweep_runs r set finished_at = clock_timestamp(), counts = p_counts where r.id = p_run_id;
  return null;
end;
$$;
