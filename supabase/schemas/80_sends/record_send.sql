-- What one POST to Twilio gave, or a look at its list, and the next send begun in the same round trip if the caller still
-- holds the lease. `p_result` has kind, and by kind:
--   accepted   message_sid, status, error_code, may_pass: recorded always, fence or no fence
--   found      the same, from a listing
--   postponed  Twilio did not take it and may later: error_code, retry_after_ms
--   failed     Twilio will never take it: error_code
--   unknown    nobody knows whether Twilio took it
--   unsettled  its list could not be asked: retry_after_ms
-- All but the first count only for the attempt that they are about. Locks the session, then the message. `recorded` says what
-- became of the result: recorded, overruled, repeated, second_sid, taken, replaced, stale.
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
  v_session public.sessions;
  v_message public.messages;
  v_recorded text := 'stale';
begin
  if v_kind not in ('accepted', 'found', 'postponed', 'failed', 'unknown', 'unsettled') or v_kind is null then
    raise exception using errcode = 'PT422', message = format('%s is no result of a send.', v_kind);
  end if;
  select s.* into v_session from public.sessions s where s.id = p_session_id for no key update;
  select m.* into v_message
  from public.messages m
  where m.id = p_message_id and m.session_id = p_session_id and m.direction = 'outbound'
  for no key update;
  if not found then
    raise exception using errcode = 'PT404', message = 'There is no such outbound message.';
  end if;

  if v_kind = 'accepted' or v_kind = 'found' and v_message.send_attempt = p_send_attempt then
    v_recorded := private.record_sid(
      p_message_id, p_result ->> 'message_sid', case v_kind when 'accepted' then 'response' else 'listing' end
    );
    if v_recorded in ('recorded', 'overruled', 'repeated') then
      perform private.advance_delivery(
        p_message_id, p_result ->> 'status', (p_result ->> 'error_code')::integer,
        coalesce((p_result ->> 'may_pass')::boolean, false), v_recorded <> 'repeated'
      );
    end if;
  elsif v_kind <> 'found' and private.settle_send(v_message, p_send_attempt, p_result) then
    v_recorded := 'recorded';
  end if;

  select s.* into v_session from public.sessions s where s.id = p_session_id;
  return jsonb_build_object(
    'recorded', v_recorded,
    'send', case
      when private.is_holder(v_session, p_webhook_id) then private.begin_next_send(v_session, p_webhook_id)
      else jsonb_build_object('outcome', 'lost', 'canceled', '[]'::jsonb)
    end
  );
end;
$$;
