set local check_function_bodies = off;

ALTER TABLE "public"."messages" ADD COLUMN "written_by" text;

ALTER TABLE "public"."messages" ADD COLUMN "content_sid" text;

-- What stood among Twilio's parameters moves to its own column.
update public.messages
set content_sid = metadata ->> 'content_sid', written_by = metadata ->> 'written_by', metadata = '{}'
where direction = 'outbound' and metadata <> '{}';

ALTER TABLE "public"."message_queue" ALTER COLUMN "payload" SET DEFAULT '{}'::jsonb;

CREATE OR REPLACE FUNCTION private.begin_next_send(p_session public.sessions, p_absent_id uuid DEFAULT NULL::uuid, p_absent_attempt integer DEFAULT NULL::integer)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_message public.messages;
  v_now timestamptz;
  v_free_at timestamptz;
  v_reason text;
  v_canceled jsonb := jsonb '[]';
begin
  loop
    select u.* into v_message
    from private.unfinished_sends u
    where u.session_id = p_session.id
    order by u.seq
    limit 1
    for no key update;
    exit when not found;

    v_now := clock_timestamp();
    if v_message.delivery_status <> 'pending' then
      v_free_at := v_message.send_started_at + private.send_grace();
      if v_free_at > v_now then
        return jsonb_build_object(
          'outcome', 'in_grace', 'wait_ms', ceil(extract(epoch from v_free_at - v_now) * 1000), 'canceled', v_canceled
        );
      end if;
      if p_absent_id is distinct from v_message.id or p_absent_attempt is distinct from v_message.send_attempt then
        return jsonb_build_object(
          'outcome', 'settle', 'message', private.send_payload(v_message), 'canceled', v_canceled
        );
      end if;
    elsif v_message.send_after > v_now then
      return jsonb_build_object(
        'outcome', 'postponed',
        'wait_ms', ceil(extract(epoch from v_message.send_after - v_now) * 1000),
        'canceled', v_canceled
      );
    end if;

    -- Outside the window an assistant's template takes the place of its words.
    if v_message.author <> 'operator'
      and p_session.last_inbound_at + private.customer_service_window() <= v_now
      and (private.assistant_of(p_session.id)).content_sid is not null
    then
      v_message.content_sid := (private.assistant_of(p_session.id)).content_sid;
    end if;

    v_reason := private.reason_not_to_send(p_session, v_message);
    if v_reason is null then
      update public.messages m
      set
        delivery_status = 'sending',
        send_attempt = m.send_attempt + 1,
        send_started_at = clock_timestamp(),
        send_after = null,
        content_sid = v_message.content_sid
      where m.id = v_message.id
      returning m.* into v_message;
      return jsonb_build_object('outcome', 'begun', 'message', private.send_payload(v_message), 'canceled', v_canceled);
    end if;

    update public.messages m set delivery_status = 'canceled', cancel_reason = v_reason where m.id = v_message.id;
    v_canceled := v_canceled || jsonb_build_object('message_id', v_message.id, 'reason', v_reason);
  end loop;
  return jsonb_build_object('outcome', 'none', 'canceled', v_canceled);
end;
$function$;

CREATE OR REPLACE FUNCTION private.claimed_batch(p_batch public.reply_batches, p_history_limit integer)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  select jsonb_build_object(
    'outcome', 'claimed',
    'batch_id', p_batch.id,
    'attempt', p_batch.attempt,
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
            select from private.waiting_rows w where w.session_id = m.session_id and w.message_id = m.id
          )
        order by m.seq desc
        limit p_history_limit
      ) h
    )
  )
  from public.sessions s
  cross join lateral private.assistant_of(s.id) a
  where s.id = p_batch.session_id;
$function$;

CREATE OR REPLACE FUNCTION private.dead_letter(p_session public.sessions, p_batch_id uuid, p_conversation_id uuid, p_message_ids uuid[], p_error jsonb)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  update public.conversations c
  set
    updated_at = clock_timestamp(),
    context = c.context || jsonb_build_object('dead_letter', jsonb_build_object('batch_id', p_batch_id, 'error', p_error))
  where c.id = p_conversation_id;

  insert into public.messages
    (owner_id, session_id, conversation_id, direction, author, body, batch_id, position, delivery_status)
  values (
    p_session.owner_id, p_session.id, p_conversation_id, 'outbound', 'system',
    private.fallback_message(private.assistant_of(p_session.id)), p_batch_id, 0, 'pending'
  );

  update private.waiting_rows w
  set status = 'dead', batch_id = p_batch_id, last_error = coalesce(p_error ->> 'detail', p_error ->> 'failure')
  where w.session_id = p_session.id and w.message_id = any (p_message_ids);
end;
$function$;

CREATE OR REPLACE FUNCTION private.has_due_rows(p_session_id uuid)
 RETURNS boolean
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select exists (
    select from private.waiting_rows w where w.session_id = p_session_id and w.available_at <= clock_timestamp()
  );
$function$;

CREATE OR REPLACE FUNCTION private.overdue()
 RETURNS TABLE(kind text, due bigint, oldest_due_at timestamp with time zone)
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select 'messages', count(*), min(w.available_at)
  from private.waiting_rows w
  where w.available_at <= clock_timestamp()
  union all
  select 'conversations', count(*), min(c.sweep_at)
  from public.conversations c
  where c.sweep_at <= clock_timestamp()
  union all
  select 'sends', count(*), min(private.send_due_at(u))
  from private.unfinished_sends u
  where private.send_due_at(u) <= clock_timestamp();
$function$;

CREATE OR REPLACE FUNCTION private.put_off_until_tomorrow(p_session public.sessions, p_assistant public.assistants)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_today constant date := (clock_timestamp() at time zone 'utc')::date;
begin
  if p_session.cap_told_on is distinct from v_today then
    update public.sessions s set cap_told_on = v_today where s.id = p_session.id;
    insert into public.messages
      (owner_id, session_id, conversation_id, direction, author, body, delivery_status)
    select p_session.owner_id, p_session.id, m.conversation_id, 'outbound', 'system', private.cap_message(p_assistant),
      'pending'
    from private.waiting_rows w
    join public.messages m on m.id = w.message_id
    where w.session_id = p_session.id
    order by w.id desc
    limit 1;
  end if;
  update private.waiting_rows w
  set status = 'pending', batch_id = null, available_at = (v_today + 1)::timestamp at time zone 'utc'
  where w.session_id = p_session.id;
end;
$function$;

CREATE OR REPLACE FUNCTION private.reason_not_to_send(p_session public.sessions, p_message public.messages)
 RETURNS text
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select case
    when p_session.opted_out_at is not null then 'opted_out'
    when p_message.author <> 'operator' and exists (
      select from public.conversations c where c.session_id = p_session.id and c.status = 'human_handoff'
    ) then 'handoff'
    when p_session.last_inbound_at + private.customer_service_window() <= clock_timestamp()
      and p_message.content_sid is null then 'outside_window'
  end;
$function$;

CREATE OR REPLACE FUNCTION private.send_payload(p_message public.messages)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  select jsonb_build_object(
    'message_id', p_message.id,
    'send_attempt', p_message.send_attempt,
    'created_at', p_message.created_at,
    'body', p_message.body,
    'content_sid', p_message.content_sid,
    'account_sid', t.account_sid,
    'from', n.address,
    'to', s.customer_address,
    'messaging_service_sid', n.messaging_service_sid
  )
  from public.sessions s
  join public.senders n on n.address = s.sender
  join public.twilio_accounts t on t.id = n.twilio_account_id
  where s.id = p_message.session_id;
$function$;

CREATE OR REPLACE FUNCTION private.write_operator_message(p_conversation_id uuid, p_body text)
 RETURNS uuid
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_conversation public.conversations;
  v_session public.sessions;
  v_actor text;
  v_message public.messages;
begin
  select c.* into v_conversation from public.conversations c where c.id = p_conversation_id;
  v_actor := private.require_role(v_conversation.owner_id, 'admin', 'agent');
  if v_conversation.id is null then
    raise exception using errcode = 'PT404', message = 'There is no such conversation.';
  end if;
  if btrim(p_body) = '' or char_length(p_body) > 1600 or p_body is null then
    raise exception using errcode = 'PT422', message = 'A message has 1 to 1600 characters.';
  end if;

  select s.* into v_session from public.sessions s where s.id = v_conversation.session_id for no key update;
  select c.* into v_conversation from public.conversations c where c.id = p_conversation_id for no key update;
  if not private.is_open(v_conversation.status) then
    raise exception using errcode = 'PT422', message = 'The conversation is over.';
  end if;
  v_message.author := 'operator';
  if private.reason_not_to_send(v_session, v_message) is not null then
    raise exception using
      errcode = 'PT422',
      message = format('It cannot be sent: %s.', private.reason_not_to_send(v_session, v_message));
  end if;

  update public.conversations c set updated_at = clock_timestamp() where c.id = p_conversation_id;
  insert into public.messages
    (owner_id, session_id, conversation_id, direction, author, written_by, body, delivery_status)
  values (
    v_session.owner_id, v_session.id, p_conversation_id, 'outbound', 'operator', v_actor, p_body, 'pending'
  )
  returning * into v_message;
  perform private.call_sweep();
  return v_message.id;
end;
$function$;

CREATE OR REPLACE FUNCTION public.claim_batch(p_session_id uuid, p_webhook_id text, p_max_attempts integer DEFAULT 5, p_history_limit integer DEFAULT 40)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
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
$function$;

CREATE OR REPLACE FUNCTION public.complete_batch(p_session_id uuid, p_webhook_id text, p_batch_id uuid, p_bodies jsonb, p_usage jsonb DEFAULT '{}'::jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
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

    delete from private.waiting_rows w
    where w.session_id = p_session_id and w.message_id = any (v_batch.message_ids);
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
$function$;

CREATE OR REPLACE FUNCTION public.ingest_inbound_message(p_params jsonb, p_content jsonb DEFAULT NULL::jsonb)
 RETURNS TABLE(outcome text, message_id uuid, session_id uuid, conversation_id uuid, lock_owner text)
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
#variable_conflict use_column
declare
  v_message_sid constant text := nullif(p_params ->> 'MessageSid', '');
  v_kind constant text := coalesce(p_content ->> 'kind', 'text');
  v_body constant text := coalesce(p_content ->> 'body', p_params ->> 'Body', '');
  v_media constant jsonb := coalesce(p_content -> 'media', '[]');
  v_opt_out constant text := upper(p_params ->> 'OptOutType');
  v_sender record;
  v_session public.sessions;
  v_conversation public.conversations;
  v_message_id uuid;
  v_now timestamptz;
begin
  if v_message_sid is null or nullif(p_params ->> 'From', '') is null then
    raise exception using errcode = 'PT422', message = 'A message needs a MessageSid and a From.';
  end if;

  select n.owner_id, n.address, n.active and o.active as active, t.account_sid, a.max_inbound_per_minute into v_sender
  from public.senders n
  join public.owners o on o.id = n.owner_id
  join public.assistants a on a.id = n.assistant_id
  join public.twilio_accounts t on t.id = n.twilio_account_id
  where n.address = p_params ->> 'To';
  if not found or not v_sender.active or v_sender.account_sid is distinct from p_params ->> 'AccountSid' then
    perform private.keep_orphan(p_params, p_content, case
      when v_sender.address is null then 'unknown_sender'
      when not v_sender.active then 'sender_inactive'
      else 'account_mismatch'
    end);
    return query select 'orphaned', null::uuid, null::uuid, null::uuid, null::text;
    return;
  end if;

  v_session := private.lock_session(v_sender.owner_id, v_sender.address, p_params ->> 'From');

  return query
    select 'duplicate', m.id, m.session_id, m.conversation_id, null::text
    from public.messages m
    where m.message_sid = v_message_sid;
  if found then
    return;
  end if;

  v_conversation := private.conversation_for_inbound(v_session);
  v_now := clock_timestamp();
  update public.sessions s
  set
    last_inbound_at = v_now,
    inbound_seq = s.inbound_seq + 1,
    inbound_minute = date_trunc('minute', v_now),
    inbound_this_minute = case when s.inbound_minute = date_trunc('minute', v_now) then s.inbound_this_minute else 0 end + 1,
    profile_name = coalesce(nullif(p_params ->> 'ProfileName', ''), s.profile_name),
    opted_out_at = case
      when v_opt_out = 'STOP' then coalesce(s.opted_out_at, v_now)
      when v_opt_out = 'START' then null
      else s.opted_out_at
    end
  where s.id = v_session.id
  returning s.* into v_session;

  outcome := case
    when v_session.opted_out_at is not null then 'opted_out'
    when v_conversation.status = 'human_handoff' then 'handoff'
    else 'accepted'
  end;

  if v_session.inbound_this_minute > v_sender.max_inbound_per_minute then
    update public.sessions s
    set rate_limited_until = v_session.inbound_minute + interval '1 minute'
    where s.id = v_session.id
    returning s.* into v_session;
  end if;

  insert into public.messages (
    owner_id, session_id, conversation_id, direction, author, kind, body, media, message_sid, metadata,
    unanswered_reason, created_at
  )
  values (
    v_session.owner_id, v_session.id, v_conversation.id, 'inbound', 'customer', v_kind, v_body, v_media, v_message_sid,
    p_params, nullif(outcome, 'accepted'), v_now
  )
  returning id into v_message_id;

  if outcome = 'accepted' then
    insert into public.message_queue (message_id, message_sid, session_id, available_at, created_at)
    values (
      v_message_id, v_message_sid, v_session.id, greatest(v_now, v_session.rate_limited_until), v_now
    );
  end if;

  return query select
    outcome, v_message_id, v_session.id, v_conversation.id,
    case when v_session.batch_lock_until > clock_timestamp() then v_session.batch_lock_id end;
end;
$function$;

CREATE OR REPLACE FUNCTION public.recover_stalled(p_limit integer DEFAULT 50, p_settle_seconds integer DEFAULT 1)
 RETURNS SETOF uuid
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select s.id
  from public.sessions s
  join (
    select w.session_id, min(w.since) as since
    from (
      select q.session_id, q.available_at as since
      from private.waiting_rows q
      where q.available_at <= clock_timestamp()
        and q.created_at <= clock_timestamp() - make_interval(secs => p_settle_seconds)
      union all
      select u.session_id, private.send_due_at(u)
      from private.unfinished_sends u
      where private.send_due_at(u) <= clock_timestamp()
    ) w
    group by w.session_id
  ) stalled on stalled.session_id = s.id
  where s.batch_lock_until is null or s.batch_lock_until <= clock_timestamp()
  order by stalled.since
  limit p_limit
  for no key update of s skip locked;
$function$;

CREATE OR REPLACE FUNCTION public.sweep_housekeeping(p_raw_retention_days integer, p_limit integer DEFAULT 2000)
 RETURNS TABLE(raw_payloads integer, sweep_runs integer, cron_runs integer)
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
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
    -- Whoever else is at it goes on; nobody waits.
    if pg_try_advisory_xact_lock(hashtext('recado.raw_payloads')) then
      insert into public.sweep_positions (task, position) values ('raw_payloads', 0) on conflict (task) do nothing;
      select p.position into v_from from public.sweep_positions p where p.task = 'raw_payloads';
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
$function$;

ALTER TABLE "public"."messages" ADD CONSTRAINT "kind_is_known" CHECK ((kind = ANY (ARRAY['text'::text, 'media'::text, 'location'::text, 'button'::text, 'unknown'::text])));

ALTER TABLE "public"."messages" ADD CONSTRAINT "only_an_operator_is_named" CHECK (((author = 'operator'::text) OR (written_by IS NULL)));

ALTER TABLE "public"."messages" ADD CONSTRAINT "only_inbound_has_twilios_parameters" CHECK (((direction = 'inbound'::text) OR (metadata = '{}'::jsonb)));

ALTER TABLE "public"."messages" ADD CONSTRAINT "only_outbound_has_a_template" CHECK (((direction = 'outbound'::text) OR (content_sid IS NULL)));

CREATE VIEW "private"."unfinished_sends" WITH (security_invoker=true) AS  SELECT id,
    owner_id,
    session_id,
    conversation_id,
    seq,
    direction,
    author,
    kind,
    body,
    media,
    message_sid,
    message_sid_evidence,
    second_message_sid,
    metadata,
    batch_id,
    "position",
    delivery_status,
    error_code,
    cancel_reason,
    send_attempt,
    send_started_at,
    send_after,
    unanswered_reason,
    created_at,
    written_by,
    content_sid
   FROM public.messages m
  WHERE ((direction = 'outbound'::text) AND (message_sid IS NULL) AND (delivery_status = ANY (ARRAY['pending'::text, 'sending'::text, 'unknown'::text])));

CREATE OR REPLACE FUNCTION private.send_due_at(p_send private.unfinished_sends)
 RETURNS timestamp with time zone
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO ''
AS $function$
  select case p_send.delivery_status
    when 'pending' then coalesce(p_send.send_after, p_send.created_at)
    else p_send.send_started_at + private.send_grace()
  end;
$function$;

CREATE VIEW "private"."waiting_rows" WITH (security_invoker=true) AS  SELECT id,
    message_id,
    message_sid,
    session_id,
    payload,
    status,
    attempts,
    superseded,
    available_at,
    batch_id,
    last_error,
    created_at
   FROM public.message_queue q
  WHERE (status <> 'dead'::text);

COMMENT ON COLUMN "public"."message_queue"."payload" IS 'Unused: the model sees the message itself. Kept for readers of the table.';

COMMENT ON COLUMN "public"."messages"."content_sid" IS 'The template that takes the place of the words outside the 24 h window.';

COMMENT ON COLUMN "public"."messages"."metadata" IS 'Of an inbound message: every parameter that Twilio sent, until its retention is over.';

COMMENT ON COLUMN "public"."messages"."written_by" IS 'Who of ours wrote it, as history names people.';

REVOKE ALL ON FUNCTION "private"."send_due_at"(private.unfinished_sends) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."send_due_at"(private.unfinished_sends) TO "service_role";

GRANT DELETE, SELECT, UPDATE ON TABLE "private"."unfinished_sends" TO "service_role";

GRANT DELETE, SELECT, UPDATE ON TABLE "private"."waiting_rows" TO "service_role";
