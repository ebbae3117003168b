-- Puts a send that Twilio took, and failed later for a passing reason, back into the outbox, up to three times. The caller holds
-- the session's row lock. False: that often it was, or
-- it cannot go any more.
create function private.return_send(p_message public.messages, p_error_code integer)
returns boolean
language plpgsql volatile set search_path = ''
as $$
declare
  v_returned integer;
begin
  select count(*) into v_returned
  from public.former_message_sids f
  where f.message_id = p_message.id and f.reason = 'returned';
  if v_returned >= 3
    or p_message.delivery_status = 'canceled'
    -- After what came next it would stand in the wrong place.
    or exists (
      select from public.messages l
      where l.session_id = p_message.session_id and l.seq > p_message.seq and l.direction = 'outbound' and l.send_attempt > 0
    )
  then
    return false;
  end if;

  insert into public.former_message_sids (message_sid, message_id, reason)
  values (p_message.message_sid, p_message.id, 'returned')
  on conflict (message_sid) do update set reason = 'returned';
  update public.messages m
  set
    message_sid = null,
    message_sid_evidence = null,
    -- A later attempt that is under way has to be settled first.
    delivery_status = case
      when m.delivery_status in ('sending', 'unknown') and m.send_attempt > 1 then 'unknown' else 'pending'
    end,
    error_code = p_error_code,
    send_after = least(
      clock_timestamp() + private.pause_after(v_returned + 5, interval '5 minutes'), m.created_at + private.patience()
    )
  where m.id = p_message.id;
  return true;
end;
$$;
