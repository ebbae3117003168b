-- One outbound row as the worker posts it, or looks it up.
create function private.send_payload(p_message public.messages)
returns jsonb
language sql stable set search_path = ''
as $$
  select jsonb_build_object(
    'message_id', p_message.id,
    'send_attempt', p_message.send_attempt,
    'created_at', p_message.created_at,
    'body', p_message.body,
    'content_sid', p_message.content_sid,
    'account_sid', t.account_sid,
    'from', n.address,
    'to', s.customer_address,
    'messaging_service_sid', n.messaging_service_sid
  )
  from public.sessions s
  join public.senders n on n.address = s.sender
  join public.twilio_accounts t on t.id = n.twilio_account_id
  where s.id = p_message.session_id;
$$;
