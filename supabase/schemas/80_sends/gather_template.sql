-- One template carries a whole reply: its later parts are canceled with it, and wait again where the window has opened since.
create function private.gather_template(p_message public.messages, p_content_sid text)
returns void
language sql volatile set search_path = ''
as $$
  update public.messages m
  set
    delivery_status = case when p_content_sid is null then 'pending' else 'canceled' end,
    cancel_reason = case when p_content_sid is not null then 'sent_as_template' end
  where m.batch_id = p_message.batch_id
    and m.position > p_message.position
    and m.direction = 'outbound'
    and m.message_sid is null
    and case
      when p_content_sid is null then m.cancel_reason = 'sent_as_template'
      else m.delivery_status = 'pending'
    end;
$$;
