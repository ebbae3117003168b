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
