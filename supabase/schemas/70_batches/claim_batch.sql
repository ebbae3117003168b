-- What the holder is to do next. Locks the session. Outcomes:
--   lost        the lease is another's
--   outbox      `send` comes first: what begin_send says of what was left in the outbox
--   drained     nothing is due
--   wait        the burst may go on; ask again in wait_ms
--   dead        messages at their limit of attempts, or too old, were given up on; ask again
--   capped      the owner's model calls of today are used up: the messages wait for tomorrow
--   handed_off  the customer got so many replies that a person is asked for
--   claimed     the batch; asking again with the same lock id gives the same one
-- Attempts are counted here, so that a batch that kills its holder reaches its limit too.
create function public.claim_batch(
  p_session_id uuid,
  p_webhook_id text,
  p_max_attempts integer default 5,
  p_history_characters integer default 18000,
  p_max_messages integer default 50,
  p_max_characters integer default 12000
)
returns jsonb
language plpgsql volatile set search_path = ''
as $$
declare
  v_session public.sessions;
  v_batch public.reply_batches;
  v_assistant public.assistants;
  v_conversation public.conversations;
  v_send jsonb;
  v_now timestamptz;
  v_due integer;
  v_ready_at timestamptz;
  v_oldest_at timestamptz;
  v_spent uuid[];
begin
  select s.* into v_session from public.sessions s where s.id = p_session_id for no key update;
  if not private.is_holder(v_session, p_webhook_id) then
    return jsonb_build_object('outcome', 'lost');
  end if;

  select b.* into v_batch from public.reply_batches b where b.session_id = p_session_id and b.outcome = 'claimed';
  if found and v_batch.lock_id = p_webhook_id then
    return private.claimed_batch(v_batch, p_history_characters);
  end if;
  if found then
    update public.reply_batches b
    set outcome = 'failed', error = '{"failure": "holder_lost"}', closed_at = clock_timestamp()
    where b.id = v_batch.id;
  end if;

  v_send := private.begin_next_send(v_session, p_webhook_id);
  if v_send ->> 'outcome' <> 'none' or v_send -> 'canceled' <> '[]' then
    return jsonb_build_object('outcome', 'outbox', 'send', v_send);
  end if;

  -- The quiet window follows the newest message; messages that were tried before have waited already.
  v_now := clock_timestamp();
  v_assistant := private.assistant_of(p_session_id);
  select
    count(*),
    least(
      max(w.created_at) + make_interval(secs => v_assistant.quiet_window_ms / 1000.0),
      min(w.created_at) filter (where w.attempts = 0) + make_interval(secs => v_assistant.max_wait_ms / 1000.0)
    ),
    min(w.created_at),
    array_agg(w.message_id order by w.id)
      filter (where w.attempts >= p_max_attempts or w.created_at + private.patience() <= v_now)
  into v_due, v_ready_at, v_oldest_at, v_spent
  from private.waiting_rows w
  where w.session_id = p_session_id and w.available_at <= v_now;
  if v_due = 0 then
    return jsonb_build_object('outcome', 'drained');
  end if;

  if not exists (
    select from public.senders n where n.address = v_session.sender and n.owner_id = v_session.owner_id
  ) then
    perform private.leave_unanswered(p_session_id, 'sender_moved');
    return jsonb_build_object('outcome', 'drained');
  end if;

  select c.* into v_conversation
  from public.conversations c
  where c.session_id = p_session_id and c.status in ('pending', 'progress', 'human_handoff', 'idle_timeout')
  for no key update;
  if v_session.opted_out_at is not null or v_conversation.status = 'human_handoff' then
    perform private.leave_unanswered(
      p_session_id, case when v_session.opted_out_at is not null then 'opted_out' else 'handoff' end
    );
    return jsonb_build_object('outcome', 'drained');
  end if;

  if v_spent is not null then
    -- A portion, so that however many of them end within a statement's time.
    v_spent := v_spent[1:1000];
    v_batch := private.give_up_on(
      v_session, p_webhook_id, v_spent, p_max_attempts,
      case when v_oldest_at + private.patience() <= v_now then 'waited_too_long' else 'attempts_exhausted' end
    );
    return jsonb_build_object('outcome', 'dead', 'batch_id', v_batch.id, 'message_ids', to_jsonb(v_spent));
  end if;

  if v_ready_at > v_now then
    return jsonb_build_object('outcome', 'wait', 'wait_ms', ceil(extract(epoch from v_ready_at - v_now) * 1000));
  end if;

  if v_conversation.id is not null and private.replies_are_too_many(p_session_id, v_assistant) then
    perform private.move_conversation(v_conversation, 'human_handoff', 'assistant', 'Too many replies in a row.');
    perform private.flag_conversation(v_conversation.id, 'reply_limit', '{}');
    perform private.leave_unanswered(p_session_id, 'handoff');
    return jsonb_build_object('outcome', 'handed_off');
  end if;

  -- Asked first, so that a used-up day locks no count.
  if not private.may_call_model(v_session.owner_id) or not private.count_model_call(v_session.owner_id) then
    perform private.put_off_until_tomorrow(v_session, v_assistant);
    return jsonb_build_object('outcome', 'capped');
  end if;

  v_batch.id := gen_random_uuid();
  v_batch.message_ids := private.next_rows(v_session, p_max_messages, p_max_characters);
  -- Rows still in back-off come along early: that is no attempt of theirs.
  with claimed as (
    update private.waiting_rows w
    set
      status = 'processing',
      batch_id = v_batch.id,
      is_counted = w.available_at <= v_now,
      attempts = w.attempts + (w.available_at <= v_now)::integer
    where w.session_id = p_session_id and w.message_id = any (v_batch.message_ids)
    returning w.attempts
  )
  select greatest(max(c.attempts), 1) into v_batch.attempt from claimed c;

  insert into public.reply_batches (id, owner_id, session_id, conversation_id, lock_id, message_ids, attempt)
  select v_batch.id, v_session.owner_id, v_session.id, m.conversation_id, p_webhook_id, v_batch.message_ids, v_batch.attempt
  from public.messages m
  where m.id = v_batch.message_ids[cardinality(v_batch.message_ids)]
  returning * into v_batch;
  return private.claimed_batch(v_batch, p_history_characters);
end;
$$;
