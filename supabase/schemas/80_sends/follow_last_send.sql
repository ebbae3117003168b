-- Makes a row wait for the one before it, if Twilio took that just now and has not said that it left. The caller holds the
-- session's row lock. Returns the row.
create function private.follow_last_send(p_message public.messages)
returns public.messages
language plpgsql volatile set search_path = ''
as $$
declare
  v_last public.messages;
begin
  select m.* into v_last
  from public.messages m
  where m.session_id = p_message.session_id
    and m.seq < p_message.seq
    and m.direction = 'outbound'
    and m.message_sid is not null
  order by m.seq desc
  limit 1;
  if v_last.delivery_status in ('accepted', 'scheduled', 'queued')
    and v_last.send_started_at > clock_timestamp() - private.send_grace()
  then
    update public.messages m
    set follows = v_last.id, send_after = clock_timestamp() + private.callback_patience()
    where m.id = p_message.id
    returning m.* into p_message;
  end if;
  return p_message;
end;
$$;
