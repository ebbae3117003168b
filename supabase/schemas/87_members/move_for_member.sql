-- Moves a conversation on a person's behalf, whatever its version: the session's row lock is held while it is read.
create function private.move_for_member(p_conversation_id uuid, p_to_status text, p_reason text)
returns public.conversations
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_conversation public.conversations;
  v_actor text;
begin
  select c.* into v_conversation from public.conversations c where c.id = p_conversation_id;
  v_actor := private.require_role(v_conversation.owner_id, 'admin', 'agent');
  if v_conversation.id is null then
    raise exception using errcode = 'PT404', message = 'There is no such conversation.';
  end if;
  perform from public.sessions s where s.id = v_conversation.session_id for no key update;
  select c.* into v_conversation from public.conversations c where c.id = p_conversation_id for no key update;
  return private.move_conversation(v_conversation, p_to_status, v_actor, p_reason);
end;
$$;
