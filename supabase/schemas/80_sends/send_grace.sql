-- Sends. Twilio's create call is not idempotent and no fence reaches it, so a send is begun here before it is posted, and
-- one whose outcome is unknown is touched by nobody until its grace is over.

-- A POST starts within 5 s of asking for it and has a deadline of 10 s: after 20 s it has happened or never will.
create function private.send_grace()
returns interval
language sql immutable set search_path = ''
as $$
  select interval '20 seconds';
$$;
