-- The first unfinished send of each session. What comes after it, sends and messages alike, waits for it.
create view private.outbox_heads with (security_invoker = true) as
select distinct on (u.session_id) u.session_id, u.id, u.due_at
from private.unfinished_sends u
order by u.session_id, u.seq;
