-- A row that is not to be sent: canceled, or, where it was tried for too long, failed and shown to people. The caller holds the
-- session's row lock.
create function private.cancel_send(p_message public.messages, p_reason text)
returns jsonb
language plpgsql volatile set search_path = ''
as $$
begin
  update public.messages m
  set delivery_status = case p_reason when 'gave_up' then 'failed' else 'canceled' end, cancel_reason = p_reason
  where m.id = p_message.id;
  if p_reason in ('gave_up', 'outside_window', 'sender_moved') then
    perform private.flag_conversation(
      p_message.conversation_id, 'delivery_failed',
      jsonb_build_object('message_id', p_message.id, 'reason', p_reason, 'error_code', p_message.error_code)
    );
  end if;
  return jsonb_build_object('message_id', p_message.id, 'reason', p_reason);
end;
$$;
