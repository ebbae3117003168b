-- One outbound row as the worker posts it, or looks it up. A template carries the words of the whole rest of its reply.
create function private.send_payload(p_message public.messages)
returns jsonb
language sql stable set search_path = ''
as $$
  select jsonb_build_object(
    'message_id', p_message.id,
    'send_attempt', p_message.send_attempt,
    'created_at', p_message.created_at,
    'body', case
      when p_message.content_sid is null or p_message.batch_id is null then p_message.body
      else (
        select string_agg(m.body, ' ' order by m.position)
        from public.messages m
        where m.batch_id = p_message.batch_id
          and m.position >= p_message.position
          and (m.id = p_message.id or m.cancel_reason = 'sent_as_template')
      )
    end,
    'content_sid', p_message.content_sid,
    'account_sid', p_message.account_sid,
    'from', p_message.from_address,
    'to', s.customer_address,
    'messaging_service_sid', p_message.messaging_service_sid
  )
  from public.sessions s
  where s.id = p_message.session_id;
$$;
