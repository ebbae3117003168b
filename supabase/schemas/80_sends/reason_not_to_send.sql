-- Why this row must not be sent now; null when it may. A person's own message goes out during a handoff.
create function private.reason_not_to_send(p_session public.sessions, p_message public.messages)
returns text
language sql volatile set search_path = ''
as $$
  select case
    when p_session.opted_out_at is not null then 'opted_out'
    when p_message.author <> 'operator' and exists (
      select from public.conversations c where c.session_id = p_session.id and c.status = 'human_handoff'
    ) then 'handoff'
    when p_session.last_inbound_at + private.customer_service_window() <= clock_timestamp()
      and p_message.content_sid is null then 'outside_window'
  end;
$$;
