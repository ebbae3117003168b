-- WhatsApp takes free text only this long after the customer's last message.
create function private.customer_service_window()
returns interval
language sql immutable set search_path = ''
as $$
  select interval '24 hours';
$$;
