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
