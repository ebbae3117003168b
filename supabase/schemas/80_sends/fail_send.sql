-- An outbound row that will not arrive: people see it, and 21610 is Twilio's word that the customer opted out. The caller holds
-- the session's row lock.
create function private.fail_send(p_message public.messages, p_delivery_status text, p_error_code integer)
returns void
language plpgsql volatile set search_path = ''
as $$
begin
  update public.messages m
  set delivery_status = p_delivery_status, error_code = coalesce(p_error_code, m.error_code)
  where m.id = p_message.id;
  if p_error_code = 21610 then
    update public.sessions s
    set opted_out_at = coalesce(p_message.send_started_at, clock_timestamp()), opt_out_by = 'twilio'
    where s.id = p_message.session_id
      and s.opted_out_at is null
      -- Who has written since lifted it already.
      and coalesce(s.last_inbound_at <= p_message.send_started_at, true);
  end if;
  perform private.flag_conversation(
    p_message.conversation_id, 'delivery_failed',
    jsonb_build_object('message_id', p_message.id, 'reason', p_delivery_status, 'error_code', p_error_code)
  );
end;
$$;
