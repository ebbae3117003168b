-- Puts the assistant's idle message into the outbox: once a conversation, inside the 24 h window, never to somebody who
-- opted out or waits for us, nor in the words of an organization that the sender has moved to. The caller holds the session's row lock.
create function private.say_idle(p_session public.sessions, p_conversation public.conversations, p_text text)
returns boolean
language plpgsql volatile set search_path = ''
as $$
begin
  if p_text is null
    or p_session.opted_out_at is not null
    or p_conversation.context ? 'idle_message_at'
    or p_session.last_inbound_at + private.customer_service_window() <= clock_timestamp()
    or not exists (select from public.senders n where n.address = p_session.sender and n.owner_id = p_session.owner_id)
    or exists (select from private.waiting_rows w where w.session_id = p_session.id)
    or exists (select from private.unfinished_sends u where u.session_id = p_session.id)
  then
    return false;
  end if;

  update public.conversations c
  set context = c.context || jsonb_build_object('idle_message_at', clock_timestamp())
  where c.id = p_conversation.id;
  insert into public.messages (owner_id, session_id, conversation_id, direction, author, body, delivery_status)
  values (p_session.owner_id, p_session.id, p_conversation.id, 'outbound', 'system', p_text, 'pending');
  return true;
end;
$$;
