-- Tells the customer that the reply takes longer, once for the messages that wait now, when the oldest of them has waited for
-- as long as the assistant says. The caller holds the session's row lock.
create function private.tell_delay(p_session public.sessions, p_batch public.reply_batches)
returns void
language plpgsql volatile set search_path = ''
as $$
declare
  v_assistant constant public.assistants := private.assistant_of(p_session.id);
begin
  if v_assistant.delay_notice_seconds is null or exists (
    select from private.waiting_rows w
    where w.session_id = p_session.id and w.message_id = any (p_batch.message_ids) and w.delay_told
  ) or not exists (
    select from private.waiting_rows w
    where w.session_id = p_session.id
      and w.message_id = any (p_batch.message_ids)
      and w.created_at <= clock_timestamp() - make_interval(secs => v_assistant.delay_notice_seconds)
  ) then
    return;
  end if;

  insert into public.messages
    (owner_id, session_id, conversation_id, direction, author, body, delivery_status)
  values (
    p_session.owner_id, p_session.id, p_batch.conversation_id, 'outbound', 'system', private.delay_message(v_assistant),
    'pending'
  );
  update private.waiting_rows w set delay_told = true where w.session_id = p_session.id;
end;
$$;
