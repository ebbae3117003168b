-- Takes up orphaned messages whose sender exists by now, oldest first, through the same ingest as any other; those that
-- still have none stay. Returns how many were taken up.
create function public.adopt_orphaned_messages(p_sender text)
returns integer
language plpgsql volatile set search_path = ''
as $$
declare
  v_orphan public.orphaned_messages;
  v_last_inbound_at timestamptz;
  v_session_id uuid;
  v_outcome text;
  v_adopted integer := 0;
begin
  for v_orphan in
    select o.*
    from public.orphaned_messages o
    where o.to_address = p_sender and o.resolved_at is null
    order by o.received_at, o.id
    for update
  loop
    select s.last_inbound_at into v_last_inbound_at
    from public.sessions s
    where s.sender = p_sender and s.customer_address = v_orphan.from_address;
    select i.outcome, i.session_id into v_outcome, v_session_id
    from public.ingest_inbound_message(v_orphan.params, v_orphan.content) i;
    if v_outcome <> 'orphaned' then
      -- The 24 h window is counted from when the customer wrote, not from now.
      update public.sessions s
      set last_inbound_at = greatest(v_last_inbound_at, v_orphan.received_at)
      where s.id = v_session_id;
      update public.orphaned_messages o set resolved_at = clock_timestamp() where o.id = v_orphan.id;
      v_adopted := v_adopted + 1;
    end if;
  end loop;
  return v_adopted;
end;
$$;
