-- Takes over a delivery status. A fresh SID brings its own; otherwise it moves forward, never back. `p_may_pass`: what failed
-- may go well another time; so may what failed as an earlier attempt, while a later one is under way. The next part of a reply goes on as soon as this one has left, or never will. The caller holds
-- the session's row lock. False: no news.
create function private.advance_delivery(
  p_message_id uuid,
  p_delivery_status text,
  p_error_code integer,
  p_may_pass boolean,
  p_sid_is_fresh boolean
)
returns boolean
language plpgsql volatile set search_path = ''
as $$
declare
  v_message public.messages;
begin
  select m.* into v_message from public.messages m where m.id = p_message_id for no key update;
  if not p_sid_is_fresh and not private.delivery_moves(v_message.delivery_status, p_delivery_status) then
    -- Twilio may name the reason later than the failure.
    update public.messages m
    set error_code = p_error_code
    where m.id = p_message_id and m.delivery_status = p_delivery_status and m.error_code is null and p_error_code is not null;
    return found;
  end if;

  if p_delivery_status not in ('failed', 'undelivered', 'canceled') then
    update public.messages m
    set delivery_status = p_delivery_status, error_code = coalesce(p_error_code, m.error_code)
    where m.id = p_message_id;
  elsif not (
    (p_may_pass or p_sid_is_fresh and v_message.send_attempt > 1 and v_message.delivery_status in ('sending', 'unknown'))
    and private.return_send(v_message, p_error_code)
  ) then
    perform private.fail_send(v_message, p_delivery_status, p_error_code);
  end if;

  if p_delivery_status not in ('accepted', 'scheduled', 'queued', 'sending', 'unknown') then
    update public.messages m
    set follows = null, send_after = null
    where m.id in (
      select u.id from private.unfinished_sends u where u.session_id = v_message.session_id and u.follows = p_message_id
    );
  end if;
  return true;
end;
$$;
