-- Twilio's list may be a moment behind: an absence counts when it is seen again so much later.
create function private.second_look()
returns interval
language sql immutable set search_path = ''
as $$
  select interval '5 seconds';
$$;
