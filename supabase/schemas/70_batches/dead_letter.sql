-- Gives up on the messages of `p_batch_id`: queue rows dead, the conversation flagged, the fallback in the outbox, and none
-- of them in a later prompt, which they might spoil as well. The caller holds the session's row lock and closes the ledger.
create function private.dead_letter(
  p_session public.sessions,
  p_batch_id uuid,
  p_conversation_id uuid,
  p_message_ids uuid[],
  p_error jsonb
)
returns void
language plpgsql volatile set search_path = ''
as $$
begin
  update public.conversations c set updated_at = clock_timestamp() where c.id = p_conversation_id;
  perform private.flag_conversation(
    p_conversation_id, 'dead_letter', jsonb_build_object('batch_id', p_batch_id, 'error', p_error)
  );

  insert into public.messages
    (owner_id, session_id, conversation_id, direction, author, body, batch_id, position, delivery_status)
  values (
    p_session.owner_id, p_session.id, p_conversation_id, 'outbound', 'system',
    private.fallback_message(private.assistant_of(p_session.id)), p_batch_id, 0, 'pending'
  );

  update public.messages m set unanswered_reason = 'given_up' where m.id = any (p_message_ids);
  update private.waiting_rows w
  set status = 'dead', batch_id = p_batch_id, last_error = coalesce(p_error ->> 'detail', p_error ->> 'failure')
  where w.session_id = p_session.id and w.message_id = any (p_message_ids);
end;
$$;
