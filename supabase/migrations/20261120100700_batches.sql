-- One reply for a batch of messages: claim, complete, hand back, fail. Every decision is fenced by the lease.

-- A batch as the holder needs it: messages, what was said before, the assistant, the customer.
create function private.claimed_batch(p_batch public.reply_batches, p_history_limit integer)
returns jsonb
language sql stable set search_path = ''
as $$
  select jsonb_build_object(
    'outcome', 'claimed',
    'batch_id', p_batch.id,
    'attempt', p_batch.attempt,
    'conversation_id', p_batch.conversation_id,
    'message_ids', to_jsonb(p_batch.message_ids),
    'customer_name', s.profile_name,
    'assistant', jsonb_build_object(
      'instructions', a.instructions, 'locale', a.locale, 'model', a.model, 'enabled_tools', to_jsonb(a.enabled_tools)
    ),
    'messages', (
      select jsonb_agg(
        jsonb_build_object('author', m.author, 'kind', m.kind, 'body', m.body, 'media', m.media) order by m.seq
      )
      from public.messages m
      where m.id = any (p_batch.message_ids)
    ),
    'history', (
      select coalesce(
        jsonb_agg(
          jsonb_build_object('author', h.author, 'kind', h.kind, 'body', h.body, 'media', h.media) order by h.seq
        ),
        '[]'
      )
      from (
        select m.*
        from public.messages m
        where m.session_id = p_batch.session_id
          and m.conversation_id = p_batch.conversation_id
          and m.id <> all (p_batch.message_ids)
          and m.delivery_status is distinct from 'failed'
          and m.delivery_status is distinct from 'canceled'
          and not exists (
            select from public.message_queue q
            where q.session_id = m.session_id and q.message_id = m.id and q.status <> 'dead'
          )
        order by m.seq desc
        limit p_history_limit
      ) h
    )
  )
  from public.sessions s
  cross join lateral private.assistant_of(s.id) a
  where s.id = p_batch.session_id;
$$;

-- What the customer reads when a batch is given up on, unless the assistant has words of its own.
create function private.fallback_message(p_assistant public.assistants)
returns text
language sql immutable set search_path = ''
as $$
  select coalesce(p_assistant.fallback_message, case left(lower(p_assistant.locale), 2)
    when 'en' then 'Sorry, I am having technical difficulties. Please try again in a few minutes.'
    when 'es' then 'Lo siento, tengo dificultades técnicas. Inténtalo de nuevo en unos minutos.'
    else 'Desculpe, estou com dificuldades técnicas. Tente novamente em alguns minutos.'
  end);
$$;

-- What the customer reads, once a day, when the owner's daily cap of model calls is reached.
create function private.cap_message(p_assistant public.assistants)
returns text
language sql immutable set search_path = ''
as $$
  select case left(lower(p_assistant.locale), 2)
    when 'en' then 'Thank you for your message. We have reached our limit for today and will answer you tomorrow.'
    when 'es' then 'Gracias por tu mensaje. Hoy llegamos a nuestro límite y te responderemos mañana.'
    else 'Obrigado pela mensagem. Atingimos o nosso limite de hoje e responderemos amanhã.'
  end;
$$;

-- Counts one model call of the owner's. False: the daily cap is reached, and the call must not be made. Locks the owner's
-- count, last of all locks.
create function private.count_model_call(p_owner_id uuid)
returns boolean
language plpgsql volatile set search_path = ''
as $$
declare
  v_cap integer;
begin
  select o.daily_model_calls into v_cap from public.owners o where o.id = p_owner_id;
  insert into public.model_calls as c (owner_id, day, calls)
  values (p_owner_id, (clock_timestamp() at time zone 'utc')::date, 1)
  on conflict (owner_id, day) do update set calls = c.calls + 1 where v_cap is null or c.calls < v_cap;
  return found and coalesce(v_cap > 0, true);
end;
$$;

-- Puts everything of the session off until the owner's next day, and tells the customer so, once. The caller holds the
-- session's row lock.
create function private.put_off_until_tomorrow(p_session public.sessions, p_assistant public.assistants)
returns void
language plpgsql volatile set search_path = ''
as $$
declare
  v_today constant date := (clock_timestamp() at time zone 'utc')::date;
begin
  if p_session.cap_told_on is distinct from v_today then
    update public.sessions s set cap_told_on = v_today where s.id = p_session.id;
    insert into public.messages
      (owner_id, session_id, conversation_id, direction, author, body, metadata, delivery_status)
    select p_session.owner_id, p_session.id, m.conversation_id, 'outbound', 'system', private.cap_message(p_assistant),
      '{"daily_cap": true}', 'pending'
    from public.message_queue q
    join public.messages m on m.id = q.message_id
    where q.session_id = p_session.id and q.status <> 'dead'
    order by q.id desc
    limit 1;
  end if;
  update public.message_queue q
  set status = 'pending', batch_id = null, available_at = (v_today + 1)::timestamp at time zone 'utc'
  where q.session_id = p_session.id and q.status <> 'dead';
end;
$$;

-- Gives up on the messages of `p_batch_id`: queue rows dead, the conversation flagged, the fallback in the outbox. The
-- caller holds the session's row lock and closes the ledger.
create function private.dead_letter(
  p_session public.sessions,
  p_batch_id uuid,
  p_conversation_id uuid,
  p_message_ids uuid[],
  p_error jsonb
)
returns void
language plpgsql volatile set search_path = ''
as $$
begin
  update public.conversations c
  set
    updated_at = clock_timestamp(),
    context = c.context || jsonb_build_object('dead_letter', jsonb_build_object('batch_id', p_batch_id, 'error', p_error))
  where c.id = p_conversation_id;

  insert into public.messages
    (owner_id, session_id, conversation_id, direction, author, body, metadata, batch_id, position, delivery_status)
  values (
    p_session.owner_id, p_session.id, p_conversation_id, 'outbound', 'system',
    private.fallback_message(private.assistant_of(p_session.id)),
    jsonb_build_object('dead_letter', true, 'error', p_error), p_batch_id, 0, 'pending'
  );

  update public.message_queue q
  set status = 'dead', batch_id = p_batch_id, last_error = coalesce(p_error ->> 'detail', p_error ->> 'failure')
  where q.session_id = p_session.id and q.message_id = any (p_message_ids) and q.status <> 'dead';
end;
$$;

-- What the holder is to do next about the session's messages. Locks the session. Outcomes:
--   lost     the lease is another's
--   drained  nothing is due
--   wait     the burst may go on; ask again in wait_ms
--   dead     messages at their limit of attempts were given up on; ask again
--   capped   the owner's model calls of today are used up: the messages wait for tomorrow
--   claimed  the batch; asking again with the same lock id gives the same one
-- Attempts are counted here, so that a batch that kills its holder reaches its limit too.
create function public.claim_batch(
  p_session_id uuid,
  p_webhook_id text,
  p_max_attempts integer default 5,
  p_history_limit integer default 40
)
returns jsonb
language plpgsql volatile set search_path = ''
as $$
declare
  v_session public.sessions;
  v_batch public.reply_batches;
  v_assistant public.assistants;
  v_now timestamptz;
  v_due integer;
  v_ready_at timestamptz;
  v_unanswered_reason text;
  v_spent uuid[];
begin
  select s.* into v_session from public.sessions s where s.id = p_session_id for no key update;
  if not private.is_holder(v_session, p_webhook_id) then
    return jsonb_build_object('outcome', 'lost');
  end if;

  select b.* into v_batch from public.reply_batches b where b.session_id = p_session_id and b.outcome = 'claimed';
  if found and v_batch.lock_id = p_webhook_id then
    return private.claimed_batch(v_batch, p_history_limit);
  end if;
  if found then
    update public.reply_batches b
    set outcome = 'failed', error = '{"failure": "holder_lost"}', closed_at = clock_timestamp()
    where b.id = v_batch.id;
  end if;

  v_now := clock_timestamp();
  v_assistant := private.assistant_of(p_session_id);
  v_unanswered_reason := case
    when v_session.opted_out_at is not null then 'opted_out'
    when exists (
      select from public.conversations c where c.session_id = p_session_id and c.status = 'human_handoff'
    ) then 'handoff'
  end;
  if v_unanswered_reason is not null then
    update public.messages m
    set unanswered_reason = v_unanswered_reason
    where m.id in (
      select q.message_id from public.message_queue q where q.session_id = p_session_id and q.status <> 'dead'
    );
    delete from public.message_queue q where q.session_id = p_session_id and q.status <> 'dead';
    return jsonb_build_object('outcome', 'drained');
  end if;

  -- The quiet window follows the newest message; messages that were tried before have waited already.
  select
    count(*),
    least(
      max(q.created_at) + make_interval(secs => v_assistant.quiet_window_ms / 1000.0),
      min(q.created_at) filter (where q.attempts = 0) + make_interval(secs => v_assistant.max_wait_ms / 1000.0)
    ),
    array_agg(q.message_id order by q.id) filter (where q.attempts >= p_max_attempts)
  into v_due, v_ready_at, v_spent
  from public.message_queue q
  where q.session_id = p_session_id and q.status <> 'dead' and q.available_at <= v_now;
  if v_due = 0 then
    return jsonb_build_object('outcome', 'drained');
  end if;

  if v_spent is not null then
    insert into public.reply_batches
      (owner_id, session_id, conversation_id, lock_id, message_ids, attempt, outcome, error, closed_at)
    select
      v_session.owner_id, v_session.id, m.conversation_id, p_webhook_id, v_spent, p_max_attempts, 'dead',
      '{"failure": "attempts_exhausted"}', v_now
    from public.messages m
    where m.id = v_spent[cardinality(v_spent)]
    returning * into v_batch;
    perform private.dead_letter(v_session, v_batch.id, v_batch.conversation_id, v_spent, v_batch.error);
    return jsonb_build_object('outcome', 'dead', 'batch_id', v_batch.id, 'message_ids', to_jsonb(v_spent));
  end if;

  if v_ready_at > v_now then
    return jsonb_build_object('outcome', 'wait', 'wait_ms', ceil(extract(epoch from v_ready_at - v_now) * 1000));
  end if;

  if not private.count_model_call(v_session.owner_id) then
    perform private.put_off_until_tomorrow(v_session, v_assistant);
    return jsonb_build_object('outcome', 'capped');
  end if;

  v_batch.id := gen_random_uuid();
  -- Rows still in back-off come along early: that is no attempt of theirs. Those beyond the customer's limit do not.
  with claimed as (
    update public.message_queue q
    set
      status = 'processing',
      batch_id = v_batch.id,
      attempts = q.attempts + case when q.available_at <= v_now then 1 else 0 end
    where q.session_id = p_session_id and q.status <> 'dead'
      and (q.available_at <= v_now or q.available_at is distinct from v_session.rate_limited_until)
    returning q.id, q.message_id, q.attempts
  )
  select array_agg(c.message_id order by c.id), max(c.attempts) into v_batch.message_ids, v_batch.attempt
  from claimed c;

  insert into public.reply_batches (id, owner_id, session_id, conversation_id, lock_id, message_ids, attempt)
  select v_batch.id, v_session.owner_id, v_session.id, m.conversation_id, p_webhook_id, v_batch.message_ids, v_batch.attempt
  from public.messages m
  where m.id = v_batch.message_ids[cardinality(v_batch.message_ids)]
  returning * into v_batch;
  return private.claimed_batch(v_batch, p_history_limit);
end;
$$;

-- The caller's claimed batch, or null when the lease or the batch is no longer the caller's. The caller holds the
-- session's row lock.
create function private.batch_of_holder(p_session public.sessions, p_webhook_id text, p_batch_id uuid)
returns public.reply_batches
language sql stable set search_path = ''
as $$
  select b
  from public.reply_batches b
  where b.id = p_batch_id
    and b.session_id = p_session.id
    and b.lock_id = p_webhook_id
    and private.is_holder(p_session, p_webhook_id);
$$;

-- Puts the batch's rows back in the queue and takes back the attempt that the claim counted.
create function private.return_rows(p_batch public.reply_batches, p_superseded boolean)
returns void
language sql volatile set search_path = ''
as $$
  update public.message_queue q
  set
    status = 'pending',
    batch_id = null,
    attempts = greatest(q.attempts - 1, 0),
    superseded = q.superseded or p_superseded
  where q.session_id = p_batch.session_id and q.batch_id = p_batch.id and q.status = 'processing';
$$;

-- Turns a claimed batch into its reply, in one transaction: outbound rows, queue rows removed, ledger closed,
-- conversation moved, the first send begun. Locks session, conversation, messages, queue, ledger. Outcomes:
--   completed   with the rows; a second call gives the same ones
--   superseded  newer messages wait and the assistant prefers to answer them too: the reply is discarded, once
--   lost        the lease or the batch is no longer the caller's: nothing was written
-- `p_bodies` is a list of texts, the parts of the reply in order; `p_usage` has model, prompt_tokens, completion_tokens, latency_ms.
create function public.complete_batch(
  p_session_id uuid,
  p_webhook_id text,
  p_batch_id uuid,
  p_bodies jsonb,
  p_usage jsonb default '{}'
)
returns jsonb
language plpgsql volatile set search_path = ''
as $$
declare
  v_session public.sessions;
  v_batch public.reply_batches;
  v_conversation public.conversations;
  v_assistant public.assistants;
  v_outcome text := 'completed';
begin
  if jsonb_array_length(p_bodies) = 0 or p_bodies @> '[""]' then
    raise exception using errcode = 'PT422', message = 'A reply needs at least one part, and no empty one.';
  end if;

  select s.* into v_session from public.sessions s where s.id = p_session_id for no key update;
  v_batch := private.batch_of_holder(v_session, p_webhook_id, p_batch_id);
  if v_batch.outcome = 'completed' then
    return private.completed_batch(v_batch, private.begun_send(v_session, v_batch.id));
  end if;
  if v_batch.outcome is distinct from 'claimed' then
    return jsonb_build_object('outcome', case v_batch.outcome when 'superseded' then 'superseded' else 'lost' end);
  end if;

  select c.* into v_conversation from public.conversations c where c.id = v_batch.conversation_id for no key update;
  v_assistant := private.assistant_of(p_session_id);
  if v_assistant.overlap = 'supersede' and exists (
    select from public.message_queue q
    where q.session_id = p_session_id and q.status = 'pending' and q.available_at <= clock_timestamp()
  ) and not exists (
    select from public.message_queue q
    where q.session_id = p_session_id and q.batch_id = v_batch.id and q.superseded
  ) then
    v_outcome := 'superseded';
    perform private.return_rows(v_batch, true);
  else
    if v_conversation.status = 'pending' then
      perform private.move_conversation(v_conversation, 'progress', 'assistant', 'The first reply.');
    elsif private.is_open(v_conversation.status) then
      update public.conversations c set updated_at = clock_timestamp() where c.id = v_conversation.id;
    end if;

    insert into public.messages
      (owner_id, session_id, conversation_id, direction, author, body, batch_id, position, delivery_status)
    select
      v_session.owner_id, v_session.id, v_batch.conversation_id, 'outbound', 'assistant', r.body, v_batch.id,
      r.place - 1, 'pending'
    from jsonb_array_elements_text(p_bodies) with ordinality as r (body, place)
    order by r.place;

    delete from public.message_queue q
    where q.session_id = p_session_id and q.message_id = any (v_batch.message_ids) and q.status <> 'dead';
  end if;

  update public.reply_batches b
  set
    outcome = v_outcome,
    model = p_usage ->> 'model',
    prompt_tokens = (p_usage ->> 'prompt_tokens')::integer,
    completion_tokens = (p_usage ->> 'completion_tokens')::integer,
    latency_ms = (p_usage ->> 'latency_ms')::integer,
    closed_at = clock_timestamp()
  where b.id = v_batch.id
  returning b.* into v_batch;

  if v_outcome = 'superseded' then
    return jsonb_build_object('outcome', v_outcome);
  end if;
  return private.completed_batch(v_batch, private.begin_next_send(v_session));
end;
$$;

create function private.completed_batch(p_batch public.reply_batches, p_send jsonb)
returns jsonb
language sql stable set search_path = ''
as $$
  select jsonb_build_object(
    'outcome', 'completed',
    'message_ids', jsonb_agg(to_jsonb(m.id) order by m.position),
    'send', p_send
  )
  from public.messages m
  where m.batch_id = p_batch.id and m.direction = 'outbound';
$$;

-- The holder cannot go on (it is shutting down): its messages wait again, uncounted, and the lease is free. Locks the
-- session. False: the lease is another's.
create function public.hand_back_batch(p_session_id uuid, p_webhook_id text)
returns boolean
language plpgsql volatile set search_path = ''
as $$
declare
  v_session public.sessions;
  v_batch public.reply_batches;
begin
  select s.* into v_session from public.sessions s where s.id = p_session_id for no key update;
  if not private.is_holder(v_session, p_webhook_id) then
    return false;
  end if;

  select b.* into v_batch
  from public.reply_batches b
  where b.session_id = p_session_id and b.lock_id = p_webhook_id and b.outcome = 'claimed';
  if found then
    perform private.return_rows(v_batch, false);
    update public.reply_batches b set outcome = 'handed_back', closed_at = clock_timestamp() where b.id = v_batch.id;
  end if;
  update public.sessions s set batch_lock_id = null, batch_lock_until = null where s.id = p_session_id;
  return true;
end;
$$;

-- The model gave no reply. Rows that may be tried again wait for `p_retry_in_ms`; rows at their limit, or all
-- of them when `p_retryable` is false, are given up on. Locks session, conversation, messages, queue, ledger.
-- Outcomes: retrying, dead, lost.
create function public.fail_batch(
  p_session_id uuid,
  p_webhook_id text,
  p_batch_id uuid,
  p_error jsonb,
  p_retryable boolean,
  p_retry_in_ms bigint,
  p_max_attempts integer default 5,
  p_usage jsonb default '{}'
)
returns jsonb
language plpgsql volatile set search_path = ''
as $$
declare
  v_session public.sessions;
  v_batch public.reply_batches;
  v_spent uuid[];
  v_outcome text;
begin
  select s.* into v_session from public.sessions s where s.id = p_session_id for no key update;
  v_batch := private.batch_of_holder(v_session, p_webhook_id, p_batch_id);
  if v_batch.outcome in ('failed', 'dead') then
    return jsonb_build_object('outcome', case v_batch.outcome when 'dead' then 'dead' else 'retrying' end);
  end if;
  if v_batch.outcome is distinct from 'claimed' then
    return jsonb_build_object('outcome', 'lost');
  end if;

  select array_agg(q.message_id order by q.id) into v_spent
  from public.message_queue q
  where q.session_id = p_session_id
    and q.batch_id = v_batch.id
    and q.status = 'processing'
    and (not p_retryable or q.attempts >= p_max_attempts);
  v_outcome := case when v_spent is null then 'failed' else 'dead' end;

  if v_outcome = 'dead' then
    perform private.dead_letter(v_session, v_batch.id, v_batch.conversation_id, v_spent, p_error);
  end if;
  update public.message_queue q
  set
    status = 'pending',
    batch_id = null,
    available_at = clock_timestamp() + make_interval(secs => p_retry_in_ms / 1000.0),
    last_error = coalesce(p_error ->> 'detail', p_error ->> 'failure')
  where q.session_id = p_session_id and q.batch_id = v_batch.id and q.status = 'processing';

  update public.reply_batches b
  set
    outcome = v_outcome,
    error = p_error,
    model = p_usage ->> 'model',
    prompt_tokens = (p_usage ->> 'prompt_tokens')::integer,
    completion_tokens = (p_usage ->> 'completion_tokens')::integer,
    latency_ms = (p_usage ->> 'latency_ms')::integer,
    closed_at = clock_timestamp()
  where b.id = v_batch.id;
  return jsonb_build_object('outcome', case v_outcome when 'dead' then 'dead' else 'retrying' end);
end;
$$;
