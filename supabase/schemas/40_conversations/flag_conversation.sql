-- Puts something for people to see on a conversation: `dead_letter`, `delivery_failed`, `reply_limit`. The caller holds the
-- session's row lock.
create function private.flag_conversation(p_conversation_id uuid, p_flag text, p_detail jsonb)
returns void
language sql volatile set search_path = ''
as $$
  update public.conversations c
  set context = c.context || jsonb_build_object(p_flag, p_detail || jsonb_build_object('at', clock_timestamp()))
  where c.id = p_conversation_id;
$$;
