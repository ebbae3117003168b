-- A person answers from now on: the assistant stays silent, and its reply under way is not sent unless its POST has begun.
create function public.take_over_conversation(p_conversation_id uuid, p_reason text default null)
returns public.conversations
language sql volatile set search_path = ''
as $$
  select private.move_for_member(p_conversation_id, 'human_handoff', p_reason);
$$;
