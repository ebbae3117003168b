-- What becomes of messages that get no answer now: put off by the daily cap, or given up on as a dead letter.

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
