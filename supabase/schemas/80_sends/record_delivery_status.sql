-- A status callback of Twilio's, in whatever order and number they come. With our message id in it, it also teaches the
-- SID of a send whose response was lost. Only the account that the sender belongs to may say so. Locks the session,
-- then the message. Outcomes: recorded, repeated (no news), second_sid, unknown_message.
create function public.record_delivery_status(
  p_account_sid text,
  p_message_sid text,
  p_delivery_status text,
  p_message_id uuid default null,
  p_error_code integer default null
)
returns text
language plpgsql volatile set search_path = ''
as $$
declare
  v_message_id uuid;
  v_session_id uuid;
  v_recorded text;
begin
  select m.id, m.session_id into v_message_id, v_session_id
  from public.messages m
  join public.sessions s on s.id = m.session_id
  join public.senders n on n.address = s.sender
  join public.twilio_accounts t on t.id = n.twilio_account_id
  where t.account_sid = p_account_sid
    and m.direction = 'outbound'
    and case when p_message_id is null then m.message_sid = p_message_sid else m.id = p_message_id end;
  if not found then
    return 'unknown_message';
  end if;

  perform from public.sessions s where s.id = v_session_id for no key update;
  v_recorded := private.record_sid(v_message_id, p_message_sid, 'callback');
  if v_recorded not in ('recorded', 'repeated') then
    return v_recorded;
  end if;
  return case
    when private.advance_delivery(v_message_id, p_delivery_status, p_error_code, v_recorded = 'recorded') then 'recorded'
    else 'repeated'
  end;
end;
$$;
