-- What a second call of complete_batch says of the first send: the one that the first call began, if its answer was lost
-- on the way. The caller knows by its own clock whether it may still post it.
create function private.begun_send(p_session public.sessions, p_batch_id uuid)
returns jsonb
language plpgsql volatile set search_path = ''
as $$
declare
  v_message public.messages;
begin
  select m.* into v_message
  from public.messages m
  where m.batch_id = p_batch_id
    and m.position = 0
    and m.message_sid is null
    and m.delivery_status = 'sending'
    and m.send_attempt = 1;
  if not found then
    return private.begin_next_send(p_session);
  end if;
  return jsonb_build_object('outcome', 'begun', 'message', private.send_payload(v_message), 'canceled', '[]'::jsonb);
end;
$$;
