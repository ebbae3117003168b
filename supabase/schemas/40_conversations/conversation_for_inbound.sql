-- The conversation that a message arriving now belongs to, where the open one, if there is any, does not simply go on: woken
-- from idleness, or a new one. The caller holds the session's row lock and has read `p_open` under it.
create function private.conversation_for_inbound(
  p_session public.sessions,
  p_open public.conversations,
  p_assistant public.assistants
)
returns public.conversations
language plpgsql volatile set search_path = ''
as $$
declare
  v_now constant timestamptz := clock_timestamp();
  v_conversation public.conversations;
begin
  if private.expires_at(p_open.status, p_open.updated_at, p_assistant) <= v_now then
    perform private.move_conversation(p_open, 'expired', 'ingest', 'A message came after the expiry.');
  elsif p_open.status = 'idle_timeout' then
    return private.move_conversation(p_open, 'progress', 'ingest', 'The customer wrote again.');
  end if;

  insert into public.conversations (owner_id, session_id, started_at, updated_at, sweep_at)
  values (p_session.owner_id, p_session.id, v_now, v_now, private.next_sweep_at('pending', v_now, p_assistant))
  returning * into v_conversation;
  return v_conversation;
end;
$$;
