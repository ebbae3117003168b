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
    where m.id in (select w.message_id from private.waiting_rows w where w.session_id = p_session_id);
    delete from private.waiting_rows w where w.session_id = p_session_id;
    return jsonb_build_object('outcome', 'drained');
  end if;

  -- The quiet window follows the newest message; messages that were tried before have waited already.
  select
    count(*),
    least(
      max(w.created_at) + make_interval(secs => v_assistant.quiet_window_ms / 1000.0),
      min(w.created_at) filter (where w.attempts = 0) + make_interval(secs => v_assistant.max_wait_ms / 1000.0)
    ),
    array_agg(w.message_id order by w.id) filter (where w.attempts >= p_max_attempts)
  into v_due, v_ready_at, v_spent
  from private.waiting_rows w
  where w.session_id = p_session_id and w.available_at <= v_now;
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
    update private.waiting_rows w
    set
      status = 'processing',
      batch_id = v_batch.id,
      attempts = w.attempts + case when w.available_at <= v_now then 1 else 0 end
    where w.session_id = p_session_id
      and (w.available_at <= v_now or w.available_at is distinct from v_session.rate_limited_until)
    returning w.id, w.message_id, w.attempts
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
