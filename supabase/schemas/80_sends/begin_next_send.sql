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
    select u.* into v_message
    from private.unfinished_sends u
    where u.session_id = p_session.id
    order by u.seq
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
      v_message.content_sid := (private.assistant_of(p_session.id)).content_sid;
    end if;

    v_reason := private.reason_not_to_send(p_session, v_message);
    if v_reason is null then
      update public.messages m
      set
        delivery_status = 'sending',
        send_attempt = m.send_attempt + 1,
        send_started_at = clock_timestamp(),
        send_after = null,
        content_sid = v_message.content_sid
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
