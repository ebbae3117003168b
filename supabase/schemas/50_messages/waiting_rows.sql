-- The queue rows that a reply is still owed to: every one that was not given up on, whatever its status, so that what a dead
-- holder left is never overlooked. Claim, release and sweep see the queue through it. It is a view because a view is always
-- inlined; a function with a fixed search_path is not.
create view private.waiting_rows with (security_invoker = true) as
select q.*
from public.message_queue q
where q.status <> 'dead';
