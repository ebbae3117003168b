-- The outbox: outbound rows that Twilio has not confirmed yet, to be finished in the order of `seq` within a session.
create view private.unfinished_sends with (security_invoker = true) as
select m.*
from public.messages m
where m.direction = 'outbound'
  and m.message_sid is null
  and m.delivery_status in ('pending', 'sending', 'unknown');
