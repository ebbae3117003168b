-- The door to a conversation's state for everybody outside the database. Locks the session, then the conversation. A version that is no longer
-- current is PT409, an illegal move PT422, an unknown conversation PT404.
create function public.transition_conversation(
  p_conversation_id uuid,
  p_to_status text,
  p_current_version integer,
  p_changed_by text,
  p_reason text default null
)
returns public.conversations
language plpgsql volatile set search_path = ''
as $$
declare
  v_conversation public.conversations;
begin
  perform from public.sessions s
  where s.id = (select c.session_id from public.conversations c where c.id = p_conversation_id)
  for no key update;

  select c.* into v_conversation
  from public.conversations c
  where c.id = p_conversation_id
  for no key update;
  if not found then
    raise exception using errcode = 'PT404', message = 'There is no such conversation.';
  end if;
  if v_conversation.version is distinct from p_current_version then
    raise exception using
      errcode = 'PT409',
      message = format('The conversation is at version %s, not %s.', v_conversation.version, p_current_version);
  end if;

  return private.move_conversation(v_conversation, p_to_status, p_changed_by, p_reason);
end;
$$;
