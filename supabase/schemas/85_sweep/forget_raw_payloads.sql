-- Empties up to `p_limit` raw payloads past their retention; returns how many rows it looked at. Resumes where the last step
-- stopped.
create function private.forget_raw_payloads(p_retention interval, p_limit integer)
returns integer
language plpgsql volatile set search_path = ''
as $$
declare
  v_from bigint;
  v_to bigint;
  v_seen bigint;
  v_forgotten integer;
begin
  -- Whoever else is at it goes on; nobody waits.
  if not pg_try_advisory_xact_lock(hashtext('recado.raw_payloads')) then
    return 0;
  end if;
  insert into public.sweep_positions (task, position) values ('raw_payloads', 0) on conflict (task) do nothing;
  select p.position into v_from from public.sweep_positions p where p.task = 'raw_payloads';
  -- A window of numbers: a window of rows would have to look at all that is still kept.
  select
    coalesce(min(m.seq) filter (where m.created_at >= clock_timestamp() - p_retention) - 1, max(m.seq)),
    count(*)
  into v_to, v_seen
  from public.messages m
  where m.seq > v_from and m.seq <= v_from + p_limit;
  if v_seen = 0 then
    -- A gap, which is passed over, or the end.
    select min(m.seq) - 1 into v_to from public.messages m where m.seq > v_from + p_limit;
  end if;

  update public.messages m set metadata = '{}' where m.seq > v_from and m.seq <= v_to and m.direction = 'inbound';
  get diagnostics v_forgotten = row_count;
  update public.sweep_positions p set position = v_to where p.task = 'raw_payloads' and v_to is not null;
  return v_forgotten;
end;
$$;
