-- The ack path: one round trip that makes a message durable, once.

-- The session between a sender and a customer, made if need be, and its row locked until the transaction ends.
create function private.lock_session(p_owner_id uuid, p_sender text, p_customer_address text)
returns public.sessions
language plpgsql volatile set search_path = ''
as $$
declare
  v_session public.sessions;
begin
  loop
    select s.* into v_session
    from public.sessions s
    where s.owner_id = p_owner_id and s.session_key = p_sender || '|' || p_customer_address
    for no key update;
    exit when found;

    insert into public.sessions (owner_id, sender, customer_address)
    values (p_owner_id, p_sender, p_customer_address)
    on conflict (owner_id, session_key) do nothing;
  end loop;
  return v_session;
end;
$$;
