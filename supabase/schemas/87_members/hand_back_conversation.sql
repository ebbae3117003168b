-- The assistant answers again, from the next message on.
create function public.hand_back_conversation(p_conversation_id uuid, p_reason text default null)
returns public.conversations
language sql volatile set search_path = ''
as $$
  select private.move_for_member(p_conversation_id, 'progress', p_reason);
$$;
