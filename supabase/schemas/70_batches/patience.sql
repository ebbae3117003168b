-- How long anything is tried again: past it WhatsApp takes no free text any more, and people have to see it.
create function private.patience()
returns interval
language sql immutable set search_path = ''
as $$
  select private.customer_service_window();
$$;
