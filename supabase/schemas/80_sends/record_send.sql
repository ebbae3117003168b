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
