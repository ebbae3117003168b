-- What became of a send: the answer to the POST, a match in Twilio's list, or a status callback.

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
