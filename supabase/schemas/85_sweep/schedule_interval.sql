-- The interval of a schedule that schedule_sweep made.
create function private.schedule_interval(p_schedule text)
returns interval
language sql immutable set search_path = ''
as $$
  select case
    when p_schedule like '% seconds' then make_interval(secs => split_part(p_schedule, ' ', 1)::integer)
    when p_schedule like '*/%' then make_interval(mins => substring(p_schedule from '\d+')::integer)
    when p_schedule = '0 * * * *' then interval '1 hour'
    else interval '1 minute'
  end;
$$;
