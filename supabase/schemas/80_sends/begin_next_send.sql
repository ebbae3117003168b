-- Begins the session's oldest unfinished send for the holder `p_webhook_id`. Rows that must not go out any more are canceled
-- on the way. The caller holds the session's row lock and, for the fence, has checked it. `p_absent_id` names an unknown
-- send, at its attempt `p_absent_attempt`, that Twilio's list does not have: seen twice, it is begun again. Outcomes:
--   none       nothing is unfinished
--   begun      `message` is now `sending`: post it, once
--   settle     `message` is unknown and past its grace: find out what became of it
--   in_grace, postponed   nothing may be begun for another wait_ms
create function private.begin_next_send(
  p_session public.sessions,
  p_webhook_id text,
  p_absent_id uuid default null,
  p_absent_attempt integer default null
)
returns jsonb
language plpgsql volatile set search_path = ''
as $$
declare
  v_message public.messages;
  v_now timestamptz;
  v_due_at timestamptz;
  v_is_old boolean;
  v_is_absent boolean;
  v_content_sid text;
  v_reason text;
  v_canceled jsonb := jsonb '[]';
begin
  loop
    select m.* into v_message
    from private.unfinished_sends u
    join public.messages m on m.id = u.id
    where u.session_id = p_session.id
    order by u.seq
    limit 1
    for no key update of m;
    exit when not found;

    -- A holder that asks again has not posted what it was given: the answer was lost on the way.
    if v_message.delivery_status = 'sending' and v_message.send_begun_by = p_webhook_id then
      update public.messages m set send_started_at = clock_timestamp() where m.id = v_message.id;
      return jsonb_build_object('outcome', 'begun', 'message', private.send_payload(v_message), 'canceled', v_canceled);
    end if;

    v_now := clock_timestamp();
    v_is_absent := coalesce(p_absent_id = v_message.id and p_absent_attempt = v_message.send_attempt, false);
    if v_message.delivery_status = 'pending' then
      -- A time that Twilio or a failure set outlasts the wait for the one before.
      if v_message.follows is null and coalesce(v_message.send_after <= v_now, true) then
        v_message := private.follow_last_send(v_message);
      end if;
    elsif v_is_absent and v_message.absent_at is null then
      update public.messages m set absent_at = v_now where m.id = v_message.id;
    end if;
    select u.due_at into v_due_at from private.unfinished_sends u where u.id = v_message.id;
    if v_due_at > v_now then
      return jsonb_build_object(
        'outcome', case v_message.delivery_status when 'pending' then 'postponed' else 'in_grace' end,
        'wait_ms', ceil(extract(epoch from v_due_at - v_now) * 1000),
        'canceled', v_canceled
      );
    end if;

    v_is_old := v_message.send_attempt > 0 and v_message.created_at + private.patience() <= v_now;
    if v_message.delivery_status <> 'pending' and not v_is_absent and not (v_is_old and v_message.send_after is not null) then
      return jsonb_build_object('outcome', 'settle', 'message', private.send_payload(v_message), 'canceled', v_canceled);
    end if;
    v_content_sid := private.template_now(p_session, v_message);
    v_reason := case when v_is_old then 'gave_up' else private.reason_not_to_send(p_session, v_message, v_content_sid) end;
    if v_reason is null then
      v_message := private.mark_begun(p_session, v_message, p_webhook_id, v_content_sid);
      return jsonb_build_object('outcome', 'begun', 'message', private.send_payload(v_message), 'canceled', v_canceled);
    end if;
    v_canceled := v_canceled || private.cancel_send(v_message, v_reason);
  end loop;
  return jsonb_build_object('outcome', 'none', 'canceled', v_canceled);
end;
$$;
