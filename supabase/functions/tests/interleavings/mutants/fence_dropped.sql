-- Whoever asks is taken for the holder.
create or replace function private.is_holder(p_session public.sessions, p_webhook_id text)
returns boolean
language sql immutable set search_path = ''
as $$
  select true;
$$;
