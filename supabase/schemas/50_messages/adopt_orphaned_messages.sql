-- Takes up to `p_limit` orphaned messages whose sender and account are ours by now, oldest first, through the same ingest as
-- any other, as of when they came. Returns how many; zero: there are no more. A portion locks its sessions for a moment only.
create function public.adopt_orphaned_messages(p_sender text, p_limit integer default 100)
returns integer
language plpgsql volatile set search_path = ''
as $$
declare
  v_orphan public.orphaned_messages;
  v_outcome text;
  v_adopted integer := 0;
begin
  -- One at a time, with redrive_dead_letters: both lock many sessions in an order of their own.
  perform pg_advisory_xact_lock(hashtextextended('recado.many_sessions', 0));
  for v_orphan in
    select o.*
    from public.orphaned_messages o
    where o.to_address = p_sender
      and o.resolved_at is null
      and o.account_sid = (
        select t.account_sid
        from public.senders n
        join public.owners w on w.id = n.owner_id
        join public.twilio_accounts t on t.id = n.twilio_account_id
        where n.address = p_sender and n.active and w.active
      )
    order by o.received_at, o.id
    limit p_limit
    for update skip locked
  loop
    select i.outcome into v_outcome
    from public.ingest_inbound_message(v_orphan.params, v_orphan.content, v_orphan.received_at) i;
    if v_outcome <> 'orphaned' then
      update public.orphaned_messages o set resolved_at = clock_timestamp() where o.id = v_orphan.id;
      v_adopted := v_adopted + 1;
    end if;
  end loop;
  return v_adopted;
end;
$$;
