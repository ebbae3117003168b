-- How a claimed batch ends: completed, superseded, handed back, failed or dead. Every end is fenced by the lease.

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
