-- The outbox: outbound rows that Twilio has not confirmed yet, to be finished in the order of `seq` within a session. `due_at`
-- is when something may be done about one: a pending one at once, or when it was put off to; a begun one once its grace is
-- over, or later where Twilio could not be asked, or did not have it at a first look.
create view private.unfinished_sends with (security_invoker = true) as
select
  m.*,
  case m.delivery_status
    when 'pending' then coalesce(m.send_after, m.created_at)
    else greatest(
      m.send_started_at + private.send_grace(), m.send_after, m.absent_at + private.second_look()
    )
  end as due_at
from public.messages m
where m.direction = 'outbound'
  and m.message_sid is null
  and m.delivery_status in ('pending', 'sending', 'unknown');
