-- Turns a claimed batch into its reply, in one transaction: outbound rows, queue rows removed, ledger closed,
-- conversation moved, the first send begun. Locks session, conversation, messages, queue, ledger. Outcomes:
--   completed   with the rows; a second call gives the same ones
--   superseded  newer messages wait and the assistant prefers to answer them too: the reply is discarded, once
--   lost        the lease or the batch is no longer the caller's: nothing was written
-- `p_bodies` is a list of texts, the parts of the reply in order; `p_usage` has model, prompt_tokens, completion_tokens,
-- latency_ms, calls (how many there were) and, when the model took no more than that, history_characters.
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
    return private.completed_batch(v_batch, private.begin_next_send(v_session, p_webhook_id));
  end if;
  if v_batch.outcome is distinct from 'claimed' then
    return jsonb_build_object('outcome', case v_batch.outcome when 'superseded' then 'superseded' else 'lost' end);
  end if;

  select c.* into v_conversation from public.conversations c where c.id = v_batch.conversation_id for no key update;
  v_assistant := private.assistant_of(p_session_id);
  if v_assistant.overlap = 'supersede' and private.may_call_model(v_session.owner_id) and exists (
    select from public.message_queue q
    where q.session_id = p_session_id
      and q.status = 'pending'
      and q.available_at <= clock_timestamp()
      -- What waited before and did not fit the batch has not overtaken it.
      and q.created_at > v_batch.created_at
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

    delete from private.waiting_rows w
    where w.session_id = p_session_id and w.message_id = any (v_batch.message_ids);
  end if;

  perform private.correct_model_calls(v_session.owner_id, (p_usage ->> 'calls')::integer);
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
  if p_usage ? 'history_characters' then
    update public.conversations c
    set history_characters = (p_usage ->> 'history_characters')::integer
    where c.id = v_batch.conversation_id;
  end if;
  return private.completed_batch(v_batch, private.begin_next_send(v_session, p_webhook_id));
end;
$$;
