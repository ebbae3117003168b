-- Tries the messages of a dead letter again, their attempts forgotten: an operator's deliberate second reply. Returns how many
-- wait now; PT404 when the batch has no dead messages, PT409 while a person has the conversation or the customer wants no
-- replies.
create function public.redrive_dead_letter(p_batch_id uuid)
returns integer
language sql volatile set search_path = ''
as $$
  select private.redrive_for_member(p_batch_id);
$$;
