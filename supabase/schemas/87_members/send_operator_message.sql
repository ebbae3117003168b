-- A person's message to the customer; returns its id. It leaves with the next sweep, which is called at once where the
-- schedule is set up.
create function public.send_operator_message(p_conversation_id uuid, p_body text)
returns uuid
language sql volatile set search_path = ''
as $$
  select private.write_operator_message(p_conversation_id, p_body);
$$;
