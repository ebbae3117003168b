-- Whether the owner's daily cap allows one more model call.
create function private.may_call_model(p_owner_id uuid)
returns boolean
language sql volatile set search_path = ''
as $$
  select o.daily_model_calls is null or o.daily_model_calls > coalesce((
    select c.calls
    from public.model_calls c
    where c.owner_id = o.id and c.day = (clock_timestamp() at time zone 'utc')::date
  ), 0)
  from public.owners o
  where o.id = p_owner_id;
$$;
