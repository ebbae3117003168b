-- Puts everything of the session off until the owner's next day, and tells the customer so, once. The caller holds the
-- session's row lock.
create function private.put_off_until_tomorrow(p_session public.sessions, p_assistant public.assistants)
returns void
language plpgsql volatile set search_path = ''
as $$
declare
  v_today constant date := (clock_timestamp() at time zone 'utc')::date;
begin
  if p_session.cap_told_on is distinct from v_today then
    update public.sessions s set cap_told_on = v_today where s.id = p_session.id;
    insert into public.messages
      (owner_id, session_id, conversation_id, direction, author, body, delivery_status)
    select p_session.owner_id, p_session.id, m.conversation_id, 'outbound', 'system', private.cap_message(p_assistant),
      'pending'
    from private.waiting_rows w
    join public.messages m on m.id = w.message_id
    where w.session_id = p_session.id
    order by w.id desc
    limit 1;
  end if;
  update private.waiting_rows w
  set
    status = 'pending',
    batch_id = null,
    is_counted = false,
    available_at = least((v_today + 1)::timestamp at time zone 'utc', w.created_at + private.patience())
  where w.session_id = p_session.id and w.available_at <= clock_timestamp();
end;
$$;
