-- Takes up to `p_limit` dead messages that nobody redrove out of the queue. Locks their sessions, where nobody else has them.
create function private.forget_dead_letters(p_retention interval, p_limit integer)
returns integer
language plpgsql volatile set search_path = ''
as $$
declare
  v_sessions uuid[];
  v_forgotten integer;
begin
  select array_agg(l.id) into v_sessions
  from (
    select s.id
    from public.sessions s
    where s.id in (
      select q.session_id
      from public.message_queue q
      where q.status = 'dead' and q.created_at < clock_timestamp() - p_retention
      limit p_limit
    )
    for no key update skip locked
  ) l;
  delete from public.message_queue q
  where q.message_id in (
    select d.message_id
    from public.message_queue d
    where d.status = 'dead' and d.created_at < clock_timestamp() - p_retention and d.session_id = any (v_sessions)
    order by d.id
    limit p_limit
  );
  get diagnostics v_forgotten = row_count;
  return v_forgotten;
end;
$$;
