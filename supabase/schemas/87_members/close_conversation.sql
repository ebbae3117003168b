-- Ends a conversation; the customer's next message opens another.
create function public.close_conversation(
  p_conversation_id uuid,
  p_status text default 'agent_closed',
  p_reason text default null
)
returns public.conversations
language plpgsql volatile set search_path = ''
as $$
begin
  if p_status not in ('agent_closed', 'user_closed', 'support_closed') then
    raise exception using errcode = 'PT422', message = 'A person closes as agent_closed, user_closed or support_closed.';
  end if;
  return private.move_for_member(p_conversation_id, p_status, p_reason);
end;
$$;
