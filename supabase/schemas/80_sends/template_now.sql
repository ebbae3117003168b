-- The template that takes the place of this row's words now: only outside the 24 h window, and never of a person's.
create function private.template_now(p_session public.sessions, p_message public.messages)
returns text
language sql volatile set search_path = ''
as $$
  select (private.assistant_of(p_session.id)).content_sid
  where p_message.author <> 'operator'
    and p_session.last_inbound_at + private.customer_service_window() <= clock_timestamp();
$$;
