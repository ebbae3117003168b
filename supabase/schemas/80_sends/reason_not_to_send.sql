-- Why this row must not be sent now; null when it may. A person's own message goes out during a handoff. `p_content_sid` is the
-- template that would take its place outside the 24 h window.
create function private.reason_not_to_send(
  p_session public.sessions,
  p_message public.messages,
  p_content_sid text default null
)
returns text
language sql volatile set search_path = ''
as $$
  select case
    when p_session.opted_out_at is not null then 'opted_out'
    when p_message.author <> 'operator' and exists (
      select from public.conversations c where c.session_id = p_session.id and c.status = 'human_handoff'
    ) then 'handoff'
    when p_session.last_inbound_at + private.customer_service_window() <= clock_timestamp() and p_content_sid is null
      then 'outside_window'
    when not exists (
      select from public.senders n where n.address = p_session.sender and n.owner_id = p_session.owner_id
    ) then 'sender_moved'
    -- What comes after a lost part is half a reply.
    when exists (
      select from public.messages e
      where e.session_id = p_message.session_id
        and e.batch_id = p_message.batch_id
        and e.position < p_message.position
        and e.direction = 'outbound'
        and (
          e.delivery_status in ('failed', 'undelivered')
          or e.delivery_status = 'canceled' and e.cancel_reason is distinct from 'sent_as_template'
        )
    ) then 'part_failed'
  end;
$$;
