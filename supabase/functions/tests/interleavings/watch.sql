-- Looks over the shoulder of everybody who writes: what breaks a rule of the protocol is noted, in the same transaction.
-- Who writes says so in `test.webhook` and what it calls in `test.call`; without the first nothing is judged.

create schema test_watch;

create table test_watch.violations (
  id bigint generated always as identity primary key,
  session_id uuid not null,
  kind text not null,
  detail text not null
);

create function test_watch.note(p_session_id uuid, p_kind text, p_detail text)
returns void
language sql volatile set search_path = ''
as $$
  insert into test_watch.violations (session_id, kind, detail)
  values (
    p_session_id, p_kind,
    format('%s in %s: %s', current_setting('test.webhook'), current_setting('test.call'), p_detail)
  );
$$;

-- The lease changes hands only when it is free or over, is freed only by its holder, and is not revived.
create function test_watch.lease()
returns trigger
language plpgsql volatile set search_path = ''
as $$
declare
  v_writer constant text := nullif(current_setting('test.webhook', true), '');
  v_live constant boolean := coalesce(old.batch_lock_until > clock_timestamp(), false);
begin
  if v_writer is null then
    return new;
  end if;
  if new.batch_lock_id is not null and new.batch_lock_id <> old.batch_lock_id and v_live then
    perform test_watch.note(old.id, 'two holders', 'took the live lease of ' || old.batch_lock_id);
  elsif new.batch_lock_id is null and old.batch_lock_id <> v_writer then
    perform test_watch.note(old.id, 'stale write', 'freed the lease of ' || old.batch_lock_id);
  elsif new.batch_lock_until > old.batch_lock_until
    and current_setting('test.call') = 'extend_batch_lock'
    and (not v_live or old.batch_lock_id <> v_writer)
  then
    perform test_watch.note(old.id, 'stale write', 'extended a lease that is over or another''s');
  end if;
  return new;
end;
$$;
-- After the update: a trigger before it would have all generated columns computed, and the row locked more strongly.
create trigger watch_lease after update of batch_lock_id, batch_lock_until on public.sessions
  for each row execute function test_watch.lease();

-- Only the holder claims, completes, gives back, begins to send; whatever is written, the session's row is locked first.
create function test_watch.work()
returns trigger
language plpgsql volatile set search_path = ''
as $$
declare
  v_writer constant text := nullif(current_setting('test.webhook', true), '');
  v_me constant xid := pg_current_xact_id()::xid;
  v_row constant jsonb := to_jsonb(case tg_op when 'DELETE' then old else new end);
  v_before constant jsonb := case tg_op when 'UPDATE' then to_jsonb(old) end;
  v_session record;
  v_of_holder boolean;
begin
  if v_writer is not null then
    select s.id, s.batch_lock_id, v_me in (s.xmin, s.xmax) as is_locked into v_session
    from public.sessions s
    where s.id = (v_row ->> 'session_id')::uuid;
    v_of_holder := case tg_table_name
      when 'reply_batches' then true
      when 'message_queue' then tg_op <> 'INSERT'
      else v_row ->> 'direction' = 'outbound'
        and v_row ->> 'delivery_status' in ('pending', 'sending', 'canceled')
        and current_setting('test.call') <> 'record_send'
    end;
    if v_of_holder and v_session.batch_lock_id is distinct from v_writer then
      perform test_watch.note(
        v_session.id, 'stale write',
        format('%s on %s while %s holds the lease', lower(tg_op), tg_table_name, coalesce(v_session.batch_lock_id, 'nobody'))
      );
    end if;
    if not v_session.is_locked then
      perform test_watch.note(v_session.id, 'unlocked write', format('%s on %s', lower(tg_op), tg_table_name));
    end if;
    if v_row ->> 'delivery_status' = 'sending'
      and v_before ->> 'delivery_status' in ('sending', 'unknown')
      and v_row ->> 'send_attempt' <> v_before ->> 'send_attempt'
      and (v_before ->> 'send_started_at')::timestamptz + private.send_grace() > clock_timestamp()
    then
      perform test_watch.note(v_session.id, 'early send', 'began a send again inside its grace');
    end if;
    if v_row ->> 'delivery_status' = 'sending' and exists (
      select from public.messages e
      where e.session_id = v_session.id
        and e.seq < (v_row ->> 'seq')::bigint
        and e.direction = 'outbound'
        and e.message_sid is null
        and e.delivery_status in ('pending', 'sending', 'unknown')
    ) then
      perform test_watch.note(v_session.id, 'out of order', 'began a send before an earlier one was over');
    end if;
  end if;
  return case tg_op when 'DELETE' then old else new end;
end;
$$;
create trigger watch_queue before insert or update or delete on public.message_queue
  for each row execute function test_watch.work();
create trigger watch_ledger before insert or update or delete on public.reply_batches
  for each row execute function test_watch.work();
create trigger watch_messages before insert or update on public.messages
  for each row execute function test_watch.work();

-- Time passes: the lease is over as of now. Later, `test_watch.pass` moves a whole session into the past.
create function test_watch.outlive_lease(p_session_id uuid)
returns void
language sql volatile set search_path = ''
as $$
  update public.sessions s set batch_lock_until = clock_timestamp() where s.id = p_session_id and s.batch_lock_id is not null;
$$;

create function test_watch.pass(p_session_id uuid, p_time interval)
returns void
language sql volatile set search_path = ''
as $$
  update public.sessions s set batch_lock_until = s.batch_lock_until - p_time where s.id = p_session_id;
  update public.messages m
  set
    created_at = m.created_at - p_time, send_started_at = m.send_started_at - p_time, send_after = m.send_after - p_time,
    absent_at = m.absent_at - p_time
  where m.session_id = p_session_id;
  update public.message_queue q
  set created_at = q.created_at - p_time, available_at = q.available_at - p_time
  where q.session_id = p_session_id;
$$;
