-- What must never be seen: each query returns nothing while the protocol is kept. A name in brackets begins each one.
--
-- By hand, with other limits where wanted:
--   PGOPTIONS='-c recado.sweep_seconds=30 -c recado.unanswered_seconds=60' psql "$DATABASE_URL" -f invariants.sql
-- Unset, a sweep comes every 30 s, and an acknowledged message may go for 60 s without anything that answers for it.

-- [acknowledged_message_is_kept_in_mind]
-- An inbound message with neither a queue row, nor a completed batch that covers it, nor a reason to leave it unanswered.
-- One that was given up on has a dead row, and the fallback message.
select m.id, m.session_id, m.message_sid, m.created_at
from public.messages m
where m.direction = 'inbound'
  and m.unanswered_reason is null
  and m.created_at <= clock_timestamp()
    - make_interval(secs => coalesce(nullif(current_setting('recado.unanswered_seconds', true), ''), '60')::float8)
  and not exists (select from public.message_queue q where q.message_id = m.id)
  and not exists (
    select from public.reply_batches b
    where b.session_id = m.session_id and b.outcome = 'completed' and m.id = any (b.message_ids)
  );

-- [message_is_answered_once]
-- Two completed batches over one message.
select b.session_id, covered.message_id, array_agg(b.id order by b.closed_at) as batch_ids
from public.reply_batches b
cross join unnest(b.message_ids) as covered (message_id)
where b.outcome = 'completed'
group by b.session_id, covered.message_id
having count(*) > 1;

-- [answered_message_left_the_queue]
-- A completed batch whose messages are still to be answered: they would be a second time.
select q.id, q.session_id, q.message_id, b.id as batch_id
from public.message_queue q
join public.reply_batches b on b.session_id = q.session_id and b.outcome = 'completed' and q.message_id = any (b.message_ids)
where q.status <> 'dead';

-- [reply_has_one_row_per_position]
-- Two outbound rows for one batch and position.
select m.session_id, m.batch_id, m.position, array_agg(m.id) as message_ids
from public.messages m
where m.direction = 'outbound' and m.batch_id is not null
group by m.session_id, m.batch_id, m.position
having count(*) > 1;

-- [given_up_batch_has_its_fallback]
-- A batch in the dead letters without the message that tells the customer so.
select b.id, b.session_id, b.closed_at
from public.reply_batches b
where b.outcome = 'dead'
  and not exists (select from public.messages m where m.batch_id = b.id and m.direction = 'outbound');

-- [message_was_posted_once]
-- A second SID for one row: Twilio took it twice.
select m.id, m.session_id, m.message_sid, m.second_message_sid
from public.messages m
where m.second_message_sid is not null;

-- [due_message_is_attended_to]
-- A queue row that has been due for two sweeps, and nobody holds its session.
select q.id, q.session_id, q.message_sid, q.available_at
from public.message_queue q
join public.sessions s on s.id = q.session_id
where q.status <> 'dead'
  and q.available_at <= clock_timestamp()
    - 2 * make_interval(secs => coalesce(nullif(current_setting('recado.sweep_seconds', true), ''), '30')::float8)
  and (s.batch_lock_until is null or s.batch_lock_until <= clock_timestamp());

-- [due_send_is_attended_to]
-- A row of the outbox that could have been sent, or settled, for two sweeps, and nobody holds its session.
select m.id, m.session_id, m.delivery_status, m.send_attempt, due.since
from public.messages m
join public.sessions s on s.id = m.session_id
cross join lateral (
  select case m.delivery_status
    when 'pending' then coalesce(m.send_after, m.created_at)
    else m.send_started_at + private.send_grace()
  end as since
) due
where m.direction = 'outbound'
  and m.message_sid is null
  and m.delivery_status in ('pending', 'sending', 'unknown')
  and due.since <= clock_timestamp()
    - 2 * make_interval(secs => coalesce(nullif(current_setting('recado.sweep_seconds', true), ''), '30')::float8)
  and (s.batch_lock_until is null or s.batch_lock_until <= clock_timestamp());

-- [conversation_ends_in_time]
-- An open conversation past its expiry by two sweeps. One that a person has does not expire.
select c.id, c.session_id, c.status, c.updated_at
from public.conversations c
where c.status in ('pending', 'progress', 'idle_timeout')
  and private.expires_at(c.status, c.updated_at, private.assistant_of(c.session_id)) <= clock_timestamp()
    - 2 * make_interval(secs => coalesce(nullif(current_setting('recado.sweep_seconds', true), ''), '30')::float8);

-- [final_conversation_has_history]
-- A conversation in a final state that no entry of the history leads to.
select c.id, c.session_id, c.status, c.version
from public.conversations c
where not private.is_open(c.status)
  and not exists (
    select from public.conversation_state_history h
    where h.conversation_id = c.id and h.to_status = c.status and h.version = c.version
  );
