-- Claim, release and sweep overlook what a dead holder left in `processing`.
create or replace view private.waiting_rows with (security_invoker = true) as
select q.*
from public.message_queue q
where q.status = 'pending';
