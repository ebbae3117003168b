-- Closes the ledger over messages that are given up on without another try, and writes their dead letter. The caller holds
-- the session's row lock. Returns the batch.
create function private.give_up_on(
  p_session public.sessions,
  p_webhook_id text,
  p_message_ids uuid[],
  p_attempt integer,
  p_failure text
)
returns public.reply_batches
language plpgsql volatile set search_path = ''
as $$
declare
  v_batch public.reply_batches;
begin
  insert into public.reply_batches
    (owner_id, session_id, conversation_id, lock_id, message_ids, attempt, outcome, error, closed_at)
  select
    p_session.owner_id, p_session.id, m.conversation_id, p_webhook_id, p_message_ids, p_attempt, 'dead',
    jsonb_build_object('failure', p_failure), clock_timestamp()
  from public.messages m
  where m.id = p_message_ids[cardinality(p_message_ids)]
  returning * into v_batch;
  perform private.dead_letter(p_session, v_batch.id, v_batch.conversation_id, p_message_ids, v_batch.error);
  return v_batch;
end;
$$;
