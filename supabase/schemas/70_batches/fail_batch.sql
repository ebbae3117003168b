-- The model gave no reply. `p_remedy` says what helps:
--   wait     it is what is outside: the rows are tried again with growing pauses, for as long as there is patience, and no
--            attempt is counted; the customer is told once that it takes longer
--   retry    it is what the messages brought about: tried again up to `p_max_attempts`
--   give_up  trying again can only fail again
-- `p_asked_ms` is how long the server asked to be left alone. Locks session, conversation, messages, queue, ledger.
-- Outcomes: retrying (with retry_in_ms), dead, lost.
create function public.fail_batch(
  p_session_id uuid,
  p_webhook_id text,
  p_batch_id uuid,
  p_error jsonb,
  p_remedy text,
  p_asked_ms bigint default 0,
  p_max_attempts integer default 5,
  p_usage jsonb default '{}'
)
returns jsonb
language plpgsql volatile set search_path = ''
as $$
declare
  v_session public.sessions;
  v_batch public.reply_batches;
  v_rows record;
  v_spent uuid[];
  v_pause interval;
begin
  if p_remedy not in ('wait', 'retry', 'give_up') or p_remedy is null then
    raise exception using errcode = 'PT422', message = format('%s is no remedy.', p_remedy);
  end if;

  select s.* into v_session from public.sessions s where s.id = p_session_id for no key update;
  v_batch := private.batch_of_holder(v_session, p_webhook_id, p_batch_id);
  if v_batch.outcome in ('failed', 'dead') then
    return jsonb_build_object(
      'outcome', case v_batch.outcome when 'dead' then 'dead' else 'retrying' end, 'retry_in_ms', 0
    );
  end if;
  if v_batch.outcome is distinct from 'claimed' then
    return jsonb_build_object('outcome', 'lost');
  end if;

  select
    max(w.outside_failures) + 1 as failures,
    max(w.attempts) as attempts,
    clock_timestamp() - min(w.created_at) as age,
    array_agg(w.message_id order by w.id) filter (
      where p_remedy = 'give_up' or p_remedy = 'retry' and w.attempts >= p_max_attempts
    ) as spent
  into v_rows
  from private.waiting_rows w
  where w.session_id = p_session_id and w.batch_id = v_batch.id;
  v_spent := v_rows.spent;
  -- The longer it lasts, the less it matters when exactly it ends.
  v_pause := case p_remedy
    when 'wait' then private.pause_after(v_rows.failures, greatest(interval '1 minute', v_rows.age / 10), p_asked_ms)
    else private.pause_after(v_rows.attempts, interval '1 minute', p_asked_ms)
  end;

  if v_spent is not null then
    perform private.dead_letter(v_session, v_batch.id, v_batch.conversation_id, v_spent, p_error);
  end if;
  update private.waiting_rows w
  set
    status = 'pending',
    batch_id = null,
    -- What came along early keeps its own time, or it would never come to its next attempt.
    available_at = case
      when p_remedy = 'wait' or w.is_counted then least(clock_timestamp() + v_pause, w.created_at + private.patience())
      else w.available_at
    end,
    attempts = case p_remedy when 'wait' then w.attempts - w.is_counted::integer else w.attempts end,
    is_counted = false,
    outside_failures = case p_remedy when 'wait' then w.outside_failures + 1 else 0 end,
    last_error = coalesce(p_error ->> 'detail', p_error ->> 'failure')
  where w.session_id = p_session_id and w.batch_id = v_batch.id;
  -- What waits beyond the batch would only drag it along early.
  if v_spent is null then
    update private.waiting_rows w
    set available_at = least(clock_timestamp() + v_pause, w.created_at + private.patience())
    where w.session_id = p_session_id and w.status = 'pending' and w.available_at <= clock_timestamp();
  end if;
  perform private.tell_delay(v_session, v_batch);

  -- What is away answers nothing, and its absence must not use up the day.
  perform private.correct_model_calls(
    v_session.owner_id, case p_remedy when 'wait' then 0 else (p_usage ->> 'calls')::integer end
  );
  update public.reply_batches b
  set
    outcome = case when v_spent is null then 'failed' else 'dead' end,
    error = p_error,
    model = p_usage ->> 'model',
    prompt_tokens = (p_usage ->> 'prompt_tokens')::integer,
    completion_tokens = (p_usage ->> 'completion_tokens')::integer,
    latency_ms = (p_usage ->> 'latency_ms')::integer,
    closed_at = clock_timestamp()
  where b.id = v_batch.id;
  return case
    when v_spent is not null then jsonb_build_object('outcome', 'dead')
    else jsonb_build_object('outcome', 'retrying', 'retry_in_ms', ceil(extract(epoch from v_pause) * 1000))
  end;
end;
$$;
