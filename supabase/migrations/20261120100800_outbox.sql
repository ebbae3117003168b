-- Sends. Twilio's create call is not idempotent and no fence reaches it, so a send is begun here before it is posted, and
-- one whose outcome is unknown is touched by nobody until its grace is over.

-- A POST starts within 5 s of asking for it and has a deadline of 10 s: after 20 s it has happened or never will.
create function private.send_grace()
returns interval
language sql immutable set search_path = ''
as $$
  select interval '20 seconds';
$$;

-- WhatsApp takes free text only this long after the customer's last message.
create function private.customer_service_window()
returns interval
language sql immutable set search_path = ''
as $$
  select interval '24 hours';
$$;

-- One outbound row as the worker posts it, or looks it up.
create function private.send_payload(p_message public.messages)
returns jsonb
language sql stable set search_path = ''
as $$
  select jsonb_build_object(
    'message_id', p_message.id,
    'send_attempt', p_message.send_attempt,
    'send_started_at', p_message.send_started_at,
    'created_at', p_message.created_at,
    'body', p_message.body,
    'content_sid', p_message.metadata ->> 'content_sid',
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

-- Why this row must not be sent now; null when it may. A person's own message goes out during a handoff.
create function private.reason_not_to_send(p_session public.sessions, p_message public.messages)
returns text
language sql volatile set search_path = ''
as $$
  select case
    when p_session.opted_out_at is not null then 'opted_out'
    when p_message.author <> 'operator' and exists (
      select from public.conversations c where c.session_id = p_session.id and c.status = 'human_handoff'
    ) then 'handoff'
    when p_session.last_inbound_at + private.customer_service_window() <= clock_timestamp()
      and p_message.metadata ->> 'content_sid' is null then 'outside_window'
  end;
$$;

-- Begins the session's oldest unfinished send. Rows that must not go out any more are canceled on the way. The caller
-- holds the session's row lock and, for the fence, has checked it. `p_absent_id` names an unknown send, at its attempt
-- `p_absent_attempt`, that Twilio was found not to have: it is begun again. Outcomes:
--   none       nothing is unfinished
--   begun      `message` is now `sending`: post it, once
--   settle     `message` is unknown and past its grace: find out what became of it
--   in_grace, postponed   nothing may be begun for another wait_ms
create function private.begin_next_send(
  p_session public.sessions,
  p_absent_id uuid default null,
  p_absent_attempt integer default null
)
returns jsonb
language plpgsql volatile set search_path = ''
as $$
declare
  v_message public.messages;
  v_now timestamptz;
  v_free_at timestamptz;
  v_reason text;
  v_canceled jsonb := jsonb '[]';
begin
  loop
    select m.* into v_message
    from public.messages m
    where m.session_id = p_session.id
      and m.direction = 'outbound'
      and m.message_sid is null
      and m.delivery_status in ('pending', 'sending', 'unknown')
    order by m.seq
    limit 1
    for no key update;
    exit when not found;

    v_now := clock_timestamp();
    if v_message.delivery_status <> 'pending' then
      v_free_at := v_message.send_started_at + private.send_grace();
      if v_free_at > v_now then
        return jsonb_build_object(
          'outcome', 'in_grace', 'wait_ms', ceil(extract(epoch from v_free_at - v_now) * 1000), 'canceled', v_canceled
        );
      end if;
      if p_absent_id is distinct from v_message.id or p_absent_attempt is distinct from v_message.send_attempt then
        return jsonb_build_object(
          'outcome', 'settle', 'message', private.send_payload(v_message), 'canceled', v_canceled
        );
      end if;
    elsif v_message.send_after > v_now then
      return jsonb_build_object(
        'outcome', 'postponed',
        'wait_ms', ceil(extract(epoch from v_message.send_after - v_now) * 1000),
        'canceled', v_canceled
      );
    end if;

    -- Outside the window an assistant's template takes the place of its words.
    if v_message.author <> 'operator'
      and p_session.last_inbound_at + private.customer_service_window() <= v_now
      and (private.assistant_of(p_session.id)).content_sid is not null
    then
      v_message.metadata := v_message.metadata
        || jsonb_build_object('content_sid', (private.assistant_of(p_session.id)).content_sid);
    end if;

    v_reason := private.reason_not_to_send(p_session, v_message);
    if v_reason is null then
      update public.messages m
      set
        delivery_status = 'sending',
        send_attempt = m.send_attempt + 1,
        send_started_at = clock_timestamp(),
        send_after = null,
        metadata = v_message.metadata
      where m.id = v_message.id
      returning m.* into v_message;
      return jsonb_build_object('outcome', 'begun', 'message', private.send_payload(v_message), 'canceled', v_canceled);
    end if;

    update public.messages m set delivery_status = 'canceled', cancel_reason = v_reason where m.id = v_message.id;
    v_canceled := v_canceled || jsonb_build_object('message_id', v_message.id, 'reason', v_reason);
  end loop;
  return jsonb_build_object('outcome', 'none', 'canceled', v_canceled);
end;
$$;

-- What a second call of complete_batch says of the first send: the one that the first call began, if its answer was lost
-- on the way. The caller knows by its own clock whether it may still post it.
create function private.begun_send(p_session public.sessions, p_batch_id uuid)
returns jsonb
language plpgsql volatile set search_path = ''
as $$
declare
  v_message public.messages;
begin
  select m.* into v_message
  from public.messages m
  where m.batch_id = p_batch_id
    and m.position = 0
    and m.message_sid is null
    and m.delivery_status = 'sending'
    and m.send_attempt = 1;
  if not found then
    return private.begin_next_send(p_session);
  end if;
  return jsonb_build_object('outcome', 'begun', 'message', private.send_payload(v_message), 'canceled', '[]'::jsonb);
end;
$$;

-- begin_next_send for the holder of the lease. Locks the session. `lost`: the lease is another's.
create function public.begin_send(
  p_session_id uuid,
  p_webhook_id text,
  p_absent_message_id uuid default null,
  p_absent_attempt integer default null
)
returns jsonb
language plpgsql volatile set search_path = ''
as $$
declare
  v_session public.sessions;
begin
  select s.* into v_session from public.sessions s where s.id = p_session_id for no key update;
  if not private.is_holder(v_session, p_webhook_id) then
    return jsonb_build_object('outcome', 'lost', 'canceled', '[]'::jsonb);
  end if;
  return private.begin_next_send(v_session, p_absent_message_id, p_absent_attempt);
end;
$$;
