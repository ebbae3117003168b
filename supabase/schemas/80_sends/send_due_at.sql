-- When something may be done about an unfinished send: a pending one at once or when it was put off to, a begun one once its
-- grace is over.
create function private.send_due_at(p_send private.unfinished_sends)
returns timestamptz
language sql immutable set search_path = ''
as $$
  select case p_send.delivery_status
    when 'pending' then coalesce(p_send.send_after, p_send.created_at)
    else p_send.send_started_at + private.send_grace()
  end;
$$;
