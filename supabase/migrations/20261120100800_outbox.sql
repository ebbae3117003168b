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

-- Whether a delivery status may follow another: forward only, and nothing follows a terminal one but `read` a `delivered`.
create function private.delivery_moves(p_from text, p_to text)
returns boolean
language sql immutable set search_path = ''
as $$
  select case
    when p_from in ('failed', 'undelivered', 'canceled', 'read') then false
    else coalesce(
      array_position(v.ranked, case when p_to in ('failed', 'undelivered', 'canceled') then 'delivered' else p_to end)
        > array_position(v.ranked, p_from),
      false
    )
  end
  from (values (array[
    'pending', 'sending', 'unknown', 'accepted', 'scheduled', 'queued', 'sent', 'delivered', 'read'
  ])) as v (ranked);
$$;

-- Records the SID of an outbound row, whoever learned it. `response` and `callback` are proof: a row that only matched
-- the SID in a listing loses it and is unknown again. A second SID for one row means that it was sent twice.
-- Locks the row, and the one that loses the SID. Outcomes: recorded, repeated, second_sid, taken (a match that proof
-- elsewhere overrules).
create function private.record_sid(p_message_id uuid, p_message_sid text, p_evidence text)
returns text
language plpgsql volatile set search_path = ''
as $$
declare
  v_message public.messages;
  v_other public.messages;
begin
  select m.* into v_message from public.messages m where m.id = p_message_id for no key update;
  if v_message.message_sid is not null and p_evidence = 'listing' then
    return 'taken';
  end if;
  if v_message.message_sid = p_message_sid then
    update public.messages m
    set message_sid_evidence = p_evidence
    where m.id = p_message_id and m.message_sid_evidence = 'listing';
    return 'repeated';
  end if;

  select m.* into v_other from public.messages m where m.message_sid = p_message_sid for no key update;
  if found then
    if p_evidence = 'listing' or v_other.message_sid_evidence is distinct from 'listing' then
      return 'taken';
    end if;
    update public.messages m
    set message_sid = null, message_sid_evidence = null, delivery_status = 'unknown'
    where m.id = v_other.id;
  end if;

  if v_message.message_sid is null or v_message.message_sid_evidence = 'listing' then
    update public.messages m
    set message_sid = p_message_sid, message_sid_evidence = p_evidence
    where m.id = p_message_id;
    return 'recorded';
  end if;

  update public.messages m set second_message_sid = p_message_sid where m.id = p_message_id;
  return 'second_sid';
end;
$$;

-- Takes over a delivery status. A fresh SID brings its own; otherwise it moves forward, never back. 21610 is Twilio's word
-- that the customer opted out. The caller holds the session's row lock. False: no news.
create function private.advance_delivery(
  p_message_id uuid,
  p_delivery_status text,
  p_error_code integer,
  p_sid_is_fresh boolean
)
returns boolean
language plpgsql volatile set search_path = ''
as $$
declare
  v_session_id uuid;
begin
  update public.messages m
  set delivery_status = p_delivery_status, error_code = coalesce(p_error_code, m.error_code)
  where m.id = p_message_id and (p_sid_is_fresh or private.delivery_moves(m.delivery_status, p_delivery_status))
  returning m.session_id into v_session_id;
  if found and p_error_code = 21610 then
    update public.sessions s set opted_out_at = coalesce(s.opted_out_at, clock_timestamp()) where s.id = v_session_id;
  end if;
  return v_session_id is not null;
end;
$$;

-- What one POST to Twilio gave, and the next send begun in the same round trip if the caller still holds the lease.
-- `p_result` has kind, and by kind: accepted (message_sid, status), found (the same, from a listing), postponed
-- (retry_after_ms, error_code), failed (error_code), unknown. A SID is always recorded, fence or no fence; all else
-- counts only for the attempt that it is about. Locks the session, then the message. `recorded` says what became of
-- the result: recorded, repeated, second_sid, taken, stale.
create function public.record_send(
  p_session_id uuid,
  p_webhook_id text,
  p_message_id uuid,
  p_send_attempt integer,
  p_result jsonb
)
returns jsonb
language plpgsql volatile set search_path = ''
as $$
declare
  v_kind constant text := p_result ->> 'kind';
  v_error_code constant integer := (p_result ->> 'error_code')::integer;
  v_session public.sessions;
  v_message public.messages;
  v_recorded text := 'stale';
begin
  select s.* into v_session from public.sessions s where s.id = p_session_id for no key update;
  select m.* into v_message
  from public.messages m
  where m.id = p_message_id and m.session_id = p_session_id and m.direction = 'outbound'
  for no key update;
  if not found then
    raise exception using errcode = 'PT404', message = 'There is no such outbound message.';
  end if;

  if v_kind in ('accepted', 'found') then
    v_recorded := private.record_sid(
      p_message_id, p_result ->> 'message_sid', case v_kind when 'accepted' then 'response' else 'listing' end
    );
    if v_recorded in ('recorded', 'repeated') then
      perform private.advance_delivery(
        p_message_id, p_result ->> 'status', v_error_code, v_recorded = 'recorded'
      );
    end if;
  elsif v_kind not in ('postponed', 'failed', 'unknown') or v_kind is null then
    raise exception using errcode = 'PT422', message = format('%s is no result of a send.', v_kind);
  elsif v_message.send_attempt = p_send_attempt
    and v_message.message_sid is null
    and v_message.delivery_status in ('sending', 'unknown')
  then
    v_recorded := 'recorded';
    if v_kind = 'postponed' then
      update public.messages m
      set
        delivery_status = 'pending',
        error_code = v_error_code,
        send_after = clock_timestamp() + make_interval(secs => (p_result ->> 'retry_after_ms')::numeric / 1000)
      where m.id = p_message_id;
    else
      perform private.advance_delivery(p_message_id, v_kind, v_error_code, false);
    end if;
  end if;

  select s.* into v_session from public.sessions s where s.id = p_session_id;
  return jsonb_build_object(
    'recorded', v_recorded,
    'send', case
      when private.is_holder(v_session, p_webhook_id) then private.begin_next_send(v_session)
      else jsonb_build_object('outcome', 'lost', 'canceled', '[]'::jsonb)
    end
  );
end;
$$;

-- SIDs among `p_message_sids` that some message already has: a listing must not hand them out again.
create function public.known_message_sids(p_message_sids jsonb)
returns setof text
language sql stable set search_path = ''
as $$
  select m.message_sid
  from public.messages m
  where m.message_sid in (select jsonb_array_elements_text(p_message_sids));
$$;

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
