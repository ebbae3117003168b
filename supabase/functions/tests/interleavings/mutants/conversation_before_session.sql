-- Ingest locks the conversation before the session: the other way round than everybody else.
do $$
declare
  v_definition constant text := pg_get_functiondef('public.ingest_inbound_message'::regproc);
  v_lock constant text := '  select s.* into v_session';
begin
  assert position(v_lock in v_definition) > 0;
  execute replace(v_definition, v_lock, '
  perform from public.conversations c
  join public.sessions s on s.id = c.session_id
  where s.owner_id = v_sender.owner_id and s.session_key = v_sender.address || ''|'' || v_customer
  for no key update of c;
' || v_lock);
end
$$;
