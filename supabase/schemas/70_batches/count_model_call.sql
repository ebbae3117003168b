-- Counts one model call of the owner's. False: the daily cap is reached, and the call must not be made. Locks the owner's
-- count, last of all locks.
create function private.count_model_call(p_owner_id uuid)
returns boolean
language plpgsql volatile set search_path = ''
as $$
declare
  v_cap integer;
begin
  select o.daily_model_calls into v_cap from public.owners o where o.id = p_owner_id;
  insert into public.model_calls as c (owner_id, day, calls)
  values (p_owner_id, (clock_timestamp() at time zone 'utc')::date, 1)
  on conflict (owner_id, day) do update set calls = c.calls + 1 where v_cap is null or c.calls < v_cap;
  return found and coalesce(v_cap > 0, true);
end;
$$;
