-- Writes a person's message into the outbox, where it is sent in its turn like the assistant's. Locks the session, then
-- the conversation. PT422 outside the 24 h window, after an opt-out, and in a conversation that is over.
create function private.write_operator_message(p_conversation_id uuid, p_body text)
returns uuid
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_conversation public.conversations;
  v_session public.sessions;
  v_actor text;
  v_message public.messages;
begin
  select c.* into v_conversation from public.conversations c where c.id = p_conversation_id;
  v_actor := private.require_role(v_conversation.owner_id, 'admin', 'agent');
  if v_conversation.id is null then
    raise exception using errcode = 'PT404', message = 'There is no such conversation.';
  end if;
  if btrim(p_body) = '' or char_length(p_body) > 1600 or p_body is null then
    raise exception using errcode = 'PT422', message = 'A message has 1 to 1600 characters.';
  end if;

  select s.* into v_session from public.sessions s where s.id = v_conversation.session_id for no key update;
  select c.* into v_conversation from public.conversations c where c.id = p_conversation_id for no key update;
  if not private.is_open(v_conversation.status) then
    raise exception using errcode = 'PT422', message = 'The conversation is over.';
  end if;
  v_message.author := 'operator';
  if private.reason_not_to_send(v_session, v_message) is not null then
    raise exception using
      errcode = 'PT422',
      message = format('It cannot be sent: %s.', private.reason_not_to_send(v_session, v_message));
  end if;

  update public.conversations c set updated_at = clock_timestamp() where c.id = p_conversation_id;
  insert into public.messages
    (owner_id, session_id, conversation_id, direction, author, written_by, body, delivery_status)
  values (
    v_session.owner_id, v_session.id, p_conversation_id, 'outbound', 'operator', v_actor, p_body, 'pending'
  )
  returning * into v_message;
  perform private.wake_sweep();
  return v_message.id;
end;
$$;
