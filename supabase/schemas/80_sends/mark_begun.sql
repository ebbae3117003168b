-- Makes a send the holder's to post: from the sender and the account, as text or as a template, as things are now. The caller
-- holds the session's row lock. Returns the row.
create function private.mark_begun(
  p_session public.sessions,
  p_message public.messages,
  p_webhook_id text,
  p_content_sid text
)
returns public.messages
language plpgsql volatile set search_path = ''
as $$
declare
  v_begun public.messages;
begin
  if p_content_sid is distinct from p_message.content_sid and p_message.batch_id is not null then
    perform private.gather_template(p_message, p_content_sid);
  end if;
  update public.messages m
  set
    delivery_status = 'sending',
    send_attempt = m.send_attempt + 1,
    send_started_at = clock_timestamp(),
    send_begun_by = p_webhook_id,
    send_after = null,
    follows = null,
    absent_at = null,
    content_sid = p_content_sid,
    account_sid = t.account_sid,
    from_address = n.address,
    messaging_service_sid = n.messaging_service_sid
  from public.senders n
  join public.twilio_accounts t on t.id = n.twilio_account_id
  where m.id = p_message.id and n.address = p_session.sender
  returning m.* into v_begun;
  return v_begun;
end;
$$;
