-- The conversation that a message arriving now belongs to: touched, woken from idleness, or, where none is open or the
-- open one is past its expiry, a new one. The caller holds the session's row lock.
create function private.conversation_for_inbound(p_session public.sessions)
returns public.conversations
language plpgsql volatile set search_path = ''
as $$
declare
  v_now constant timestamptz := clock_timestamp();
  v_assistant constant public.assistants := private.assistant_of(p_session.id);
  v_conversation public.conversations;
begin
  select c.* into v_conversation
  from public.conversations c
  where c.session_id = p_session.id and c.status in ('pending', 'progress', 'human_handoff', 'idle_timeout')
  for no key update;

  if found and private.expires_at(v_conversation.status, v_conversation.updated_at, v_assistant) <= v_now then
    perform private.move_conversation(v_conversation, 'expired', 'ingest', 'A message came after the expiry.');
  elsif found and v_conversation.status = 'idle_timeout' then
    return private.move_conversation(v_conversation, 'progress', 'ingest', 'The customer wrote again.');
  elsif found then
    update public.conversations c set updated_at = v_now where c.id = v_conversation.id returning c.* into v_conversation;
    return v_conversation;
  end if;

  insert into public.conversations (owner_id, session_id, started_at, updated_at, sweep_at)
  values (p_session.owner_id, p_session.id, v_now, v_now, private.next_sweep_at('pending', v_now, v_assistant))
  returning * into v_conversation;
  return v_conversation;
end;
$$;
