-- Ingest locks the conversation before the session: the other way round than everybody else.
create or replace function private.lock_session(p_owner_id uuid, p_sender text, p_customer_address text)
returns public.sessions
language plpgsql volatile set search_path = ''
as $$
declare
  v_session public.sessions;
begin
  insert into public.sessions (owner_id, sender, customer_address)
  values (p_owner_id, p_sender, p_customer_address)
  on conflict (owner_id, session_key) do nothing;
  perform from public.conversations c
  join public.sessions s on s.id = c.session_id
  where s.owner_id = p_owner_id and s.session_key = p_sender || '|' || p_customer_address
  for no key update of c;
  select s.* into v_session
  from public.sessions s
  where s.owner_id = p_owner_id and s.session_key = p_sender || '|' || p_customer_address
  for no key update;
  return v_session;
end;
$$;
