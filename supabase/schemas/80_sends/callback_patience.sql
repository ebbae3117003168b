-- Twilio does not keep the order of messages that are posted close together: the next one waits until the callback of the last
-- one says that it was sent, or for so long.
create function private.callback_patience()
returns interval
language sql immutable set search_path = ''
as $$
  select interval '3 seconds';
$$;
