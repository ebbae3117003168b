-- What the sweep looks for.

-- Sessions with something to do and nobody doing it: due rows or unfinished sends, and no live lease. Fresh messages are
-- left to the invocation that brought them. A list without promises: whoever works on it takes the lease first.
create function public.recover_stalled(p_limit integer default 50, p_settle_seconds integer default 1)
returns setof uuid
language sql volatile set search_path = ''
as $$
  select s.id
  from public.sessions s
  join (
    select w.session_id, min(w.since) as since
    from (
      select q.session_id, q.available_at as since
      from public.message_queue q
      where q.status <> 'dead'
        and q.available_at <= clock_timestamp()
        and q.created_at <= clock_timestamp() - make_interval(secs => p_settle_seconds)
      union all
      select m.session_id, coalesce(m.send_after, m.send_started_at, m.created_at)
      from public.messages m
      where m.direction = 'outbound'
        and m.message_sid is null
        and case m.delivery_status
          when 'pending' then coalesce(m.send_after, m.created_at) <= clock_timestamp()
          when 'sending' then m.send_started_at + private.send_grace() <= clock_timestamp()
          when 'unknown' then m.send_started_at + private.send_grace() <= clock_timestamp()
        end
        and m.delivery_status in ('pending', 'sending', 'unknown')
    ) w
    group by w.session_id
  ) stalled on stalled.session_id = s.id
  where s.batch_lock_until is null or s.batch_lock_until <= clock_timestamp()
  order by stalled.since
  limit p_limit
  for no key update of s skip locked;
$$;

-- One row a tick of the sweep: what it did, and how late it came for the oldest thing that was due.
create table public.sweep_runs (
  id bigint generated always as identity primary key,
  started_at timestamptz not null default clock_timestamp(),
  finished_at timestamptz,
  late_seconds numeric not null default 0,
  counts jsonb not null default '{}',
  constraint run_finishes_after_it_started check (finished_at >= started_at)
);
create index sweep_runs_by_start on public.sweep_runs (started_at);

-- How far housekeeping has come, so that a tick resumes where the last one stopped.
create table public.sweep_positions (
  task text primary key,
  position bigint not null
);
insert into public.sweep_positions (task, position) values ('raw_payloads', 0);

-- Raw payloads are found by their place in time, at next to no cost for ingest.
create index messages_by_place on public.messages using brin (seq) with (autosummarize = on);

-- What is due now and how long it has been due.
create function private.overdue()
returns table (kind text, due bigint, oldest_due_at timestamptz)
language sql volatile set search_path = ''
as $$
  select 'messages', count(*), min(q.available_at)
  from public.message_queue q
  where q.status <> 'dead' and q.available_at <= clock_timestamp()
  union all
  select 'conversations', count(*), min(c.sweep_at)
  from public.conversations c
  where c.sweep_at <= clock_timestamp()
  union all
  select 'sends', count(*), min(coalesce(m.send_after, m.send_started_at + private.send_grace(), m.created_at))
  from public.messages m
  where m.direction = 'outbound'
    and m.message_sid is null
    and m.delivery_status in ('pending', 'sending', 'unknown')
    and coalesce(m.send_after, m.send_started_at + private.send_grace(), m.created_at) <= clock_timestamp();
$$;

-- Opens the record of a tick and says how late it is.
create function public.begin_sweep()
returns table (run_id bigint, late_seconds numeric)
language sql volatile set search_path = ''
as $$
  insert into public.sweep_runs as r (late_seconds)
  select coalesce(round(extract(epoch from clock_timestamp() - min(o.oldest_due_at)), 3), 0)
  from private.overdue() o
  returning r.id, r.late_seconds;
$$;

create function public.finish_sweep(p_run_id bigint, p_counts jsonb)
returns void
language sql volatile set search_path = ''
as $$
  update public.sweep_runs r set finished_at = clock_timestamp(), counts = p_counts where r.id = p_run_id;
$$;

-- Puts the assistant's idle message into the outbox: once a conversation, inside the 24 h window, never to somebody who
-- opted out. The caller holds the session's row lock.
create function private.say_idle(p_session public.sessions, p_conversation public.conversations, p_text text)
returns boolean
language plpgsql volatile set search_path = ''
as $$
begin
  if p_text is null
    or p_session.opted_out_at is not null
    or p_conversation.context ? 'idle_message_at'
    or p_session.last_inbound_at + private.customer_service_window() <= clock_timestamp()
  then
    return false;
  end if;

  update public.conversations c
  set context = c.context || jsonb_build_object('idle_message_at', clock_timestamp())
  where c.id = p_conversation.id;
  insert into public.messages (owner_id, session_id, conversation_id, direction, author, body, delivery_status)
  values (p_session.owner_id, p_session.id, p_conversation.id, 'outbound', 'system', p_text, 'pending');
  return true;
end;
$$;

-- Moves up to `p_limit` conversations whose time has come: idle, expired, or, if they were active since, to their next
-- date. Candidates are read without locks; each session is locked unless somebody else has it, and its conversation read
-- again. `more` says that others are due.
create function public.sweep_conversations(p_limit integer default 100)
returns table (idled integer, expired integer, rescheduled integer, idle_messages integer, more boolean)
language plpgsql volatile set search_path = ''
as $$
#variable_conflict use_variable
declare
  v_candidate record;
  v_session public.sessions;
  v_conversation public.conversations;
  v_assistant public.assistants;
  v_now timestamptz;
  v_seen integer := 0;
begin
  idled := 0;
  expired := 0;
  rescheduled := 0;
  idle_messages := 0;
  for v_candidate in
    select c.id, c.session_id
    from public.conversations c
    where c.sweep_at <= clock_timestamp()
    order by c.sweep_at
    limit p_limit
  loop
    v_seen := v_seen + 1;
    select s.* into v_session from public.sessions s where s.id = v_candidate.session_id for no key update skip locked;
    continue when not found;
    select c.* into v_conversation from public.conversations c where c.id = v_candidate.id for no key update;
    v_now := clock_timestamp();
    continue when v_conversation.sweep_at is null or v_conversation.sweep_at > v_now;

    v_assistant := private.assistant_of(v_session.id);
    if private.expires_at(v_conversation.status, v_conversation.updated_at, v_assistant) <= v_now then
      perform private.move_conversation(v_conversation, 'expired', 'sweep', 'Nobody wrote for too long.');
      expired := expired + 1;
    elsif v_conversation.status = 'progress'
      and v_conversation.updated_at + make_interval(mins => v_assistant.idle_minutes) <= v_now
    then
      perform private.move_conversation(v_conversation, 'idle_timeout', 'sweep', 'Nobody wrote for a while.');
      idled := idled + 1;
      if private.say_idle(v_session, v_conversation, v_assistant.idle_message) then
        idle_messages := idle_messages + 1;
      end if;
    else
      update public.conversations c
      set sweep_at = private.next_sweep_at(c.status, c.updated_at, v_assistant)
      where c.id = v_conversation.id;
      rescheduled := rescheduled + 1;
    end if;
  end loop;
  -- Where others hold every session, asking again at once would find the same.
  more := v_seen = p_limit and idled + expired + rescheduled > 0;
  return next;
end;
$$;

-- Forgets what pg_cron did more than a week ago; returns how many runs. Machines may not enter pg_cron's schema, hence
-- security definer.
create function private.clear_cron_runs()
returns integer
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_cleared integer := 0;
begin
  if to_regclass('cron.job_run_details') is not null then
    execute format('delete from %I.job_run_details where end_time < now() - interval ''7 days''', 'cron');
    get diagnostics v_cleared = row_count;
  end if;
  return v_cleared;
end;
$$;

-- One bounded step of housekeeping: raw payloads past their retention, old records of ticks and of the cron. Null or zero
-- days keep everything. Resumes where the last step stopped.
create function public.sweep_housekeeping(p_raw_retention_days integer, p_limit integer default 2000)
returns table (raw_payloads integer, sweep_runs integer, cron_runs integer)
language plpgsql volatile set search_path = ''
as $$
#variable_conflict use_column
declare
  v_retention constant interval := make_interval(days => p_raw_retention_days);
  v_from bigint;
  v_to bigint;
  v_seen bigint;
  v_raw_payloads integer := 0;
  v_sweep_runs integer;
begin
  if p_raw_retention_days > 0 then
    select p.position into v_from from public.sweep_positions p where p.task = 'raw_payloads' for update skip locked;
    if found then
      -- A window of numbers: a window of rows would have to look at all that is still kept.
      select
        coalesce(min(m.seq) filter (where m.created_at >= clock_timestamp() - v_retention) - 1, max(m.seq)),
        count(*)
      into v_to, v_seen
      from public.messages m
      where m.seq > v_from and m.seq <= v_from + p_limit;
      if v_seen = 0 then
        -- A gap, which is passed over, or the end.
        select min(m.seq) - 1 into v_to from public.messages m where m.seq > v_from + p_limit;
      end if;

      update public.messages m set metadata = '{}' where m.seq > v_from and m.seq <= v_to and m.direction = 'inbound';
      get diagnostics v_raw_payloads = row_count;
      update public.sweep_positions p set position = v_to where p.task = 'raw_payloads' and v_to is not null;
    end if;
    delete from public.orphaned_messages o
    where o.resolved_at < clock_timestamp() - v_retention;
  end if;

  delete from public.sweep_runs r where r.started_at < clock_timestamp() - interval '7 days';
  get diagnostics v_sweep_runs = row_count;
  return query select v_raw_payloads, v_sweep_runs, private.clear_cron_runs();
end;
$$;
