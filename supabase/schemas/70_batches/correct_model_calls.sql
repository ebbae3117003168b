-- A claim counts one call of the model; `p_calls` says how many there were that the owner pays for. What is made is made,
-- whatever the cap. Locks the owner's count, last of all locks.
create function private.correct_model_calls(p_owner_id uuid, p_calls integer)
returns void
language sql volatile set search_path = ''
as $$
  update public.model_calls c
  set calls = greatest(c.calls + p_calls - 1, 0)
  where c.owner_id = p_owner_id and c.day = (clock_timestamp() at time zone 'utc')::date and p_calls <> 1;
$$;
