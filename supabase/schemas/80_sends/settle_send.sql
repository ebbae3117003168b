-- What is known of an attempt that brought no SID. The caller holds the session's row lock. False: it is about an attempt that is
-- not the last, or over.
create function private.settle_send(p_message public.messages, p_send_attempt integer, p_result jsonb)
returns boolean
language plpgsql volatile set search_path = ''
as $$
declare
  v_kind constant text := p_result ->> 'kind';
  v_error_code constant integer := (p_result ->> 'error_code')::integer;
  v_asked_ms constant bigint := (p_result ->> 'retry_after_ms')::bigint;
  v_age constant interval := clock_timestamp() - p_message.send_started_at;
  v_pause interval;
begin
  if p_message.send_attempt <> p_send_attempt
    or p_message.message_sid is not null
    or p_message.delivery_status not in ('sending', 'unknown')
  then
    return false;
  end if;

  if v_kind = 'failed' then
    perform private.fail_send(p_message, 'failed', v_error_code);
    return true;
  end if;

  v_pause := case v_kind
    when 'postponed' then private.pause_after(p_message.send_attempt, interval '5 minutes', v_asked_ms)
    -- The longer nobody could tell, the less it matters when exactly they can.
    when 'unsettled' then greatest(
      interval '10 seconds', private.pause_after(30, least(v_age / 2, interval '10 minutes'), v_asked_ms)
    )
  end;
  update public.messages m
  set
    delivery_status = case v_kind when 'postponed' then 'pending' else 'unknown' end,
    error_code = coalesce(v_error_code, m.error_code),
    send_after = case when v_pause is not null then least(clock_timestamp() + v_pause, m.created_at + private.patience()) end
  where m.id = p_message.id;
  return true;
end;
$$;
