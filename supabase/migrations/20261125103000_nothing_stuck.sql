set local check_function_bodies = off;

DROP VIEW "private"."waiting_rows";

ALTER TABLE "public"."message_queue" DROP CONSTRAINT "message_queue_pkey";

DROP FUNCTION "private"."advance_delivery"(uuid, text, integer, boolean);

DROP FUNCTION "private"."begin_next_send"(public.sessions, uuid, integer);

DROP FUNCTION "private"."begun_send"(public.sessions, uuid);

DROP FUNCTION "private"."claimed_batch"(public.reply_batches, integer);

DROP FUNCTION "private"."conversation_for_inbound"(public.sessions);

DROP FUNCTION "private"."has_due_rows"(uuid);

DROP FUNCTION "private"."reason_not_to_send"(public.sessions, public.messages);

DROP FUNCTION "private"."redrive"(uuid);

DROP FUNCTION "private"."send_due_at"(private.unfinished_sends);

DROP VIEW "private"."unfinished_sends";

DROP FUNCTION "public"."adopt_orphaned_messages"(text);

DROP FUNCTION "public"."begin_sweep"();

DROP FUNCTION "public"."claim_batch"(uuid, text, integer, integer);

DROP FUNCTION "public"."fail_batch"(uuid, text, uuid, jsonb, boolean, bigint, integer, jsonb);

DROP FUNCTION "public"."finish_sweep"(bigint, jsonb);

DROP FUNCTION "public"."ingest_inbound_message"(jsonb, jsonb);

DROP FUNCTION "public"."record_delivery_status"(text, text, text, uuid, integer);

DROP FUNCTION "public"."recover_stalled"(integer, integer);

DROP FUNCTION "public"."sweep_housekeeping"(integer, integer);

CREATE TABLE "public"."former_message_sids" ("message_sid" text NOT NULL, "message_id" uuid NOT NULL, "reason" text NOT NULL, "created_at" timestamp with time zone NOT NULL DEFAULT clock_timestamp(), CONSTRAINT "former_message_sids_pkey" PRIMARY KEY (message_sid), CONSTRAINT "reason_is_known" CHECK ((reason = ANY (ARRAY['returned'::text, 'overruled'::text, 'second'::text]))));

ALTER TABLE "public"."former_message_sids" ENABLE ROW LEVEL SECURITY;

ALTER TABLE "public"."assistants" ADD COLUMN "delay_notice_seconds" integer DEFAULT 120;

ALTER TABLE "public"."assistants" ADD COLUMN "delay_message" text;

ALTER TABLE "public"."assistants" ADD COLUMN "max_reply_parts" integer NOT NULL DEFAULT 3;

ALTER TABLE "public"."assistants" ADD COLUMN "max_replies_per_minute" integer NOT NULL DEFAULT 10;

ALTER TABLE "public"."assistants" ADD COLUMN "max_replies_per_hour" integer NOT NULL DEFAULT 60;

ALTER TABLE "public"."conversations" ADD COLUMN "history_characters" integer;

ALTER TABLE "public"."message_queue" ADD COLUMN "is_counted" boolean NOT NULL DEFAULT false;

ALTER TABLE "public"."message_queue" ADD COLUMN "outside_failures" integer NOT NULL DEFAULT 0;

ALTER TABLE "public"."message_queue" ADD COLUMN "delay_told" boolean NOT NULL DEFAULT false;

ALTER TABLE "public"."messages" ADD COLUMN "account_sid" text;

ALTER TABLE "public"."messages" ADD COLUMN "from_address" text;

ALTER TABLE "public"."messages" ADD COLUMN "messaging_service_sid" text;

ALTER TABLE "public"."messages" ADD COLUMN "send_begun_by" text;

ALTER TABLE "public"."messages" ADD COLUMN "follows" uuid;

ALTER TABLE "public"."messages" ADD COLUMN "absent_at" timestamp with time zone;

ALTER TABLE "public"."sessions" ADD COLUMN "swept_at" timestamp with time zone;

ALTER TABLE "public"."sessions" ADD COLUMN "opted_in_at" timestamp with time zone;

ALTER TABLE "public"."sessions" ADD COLUMN "opt_out_by" text;

CREATE OR REPLACE FUNCTION private.advance_delivery(p_message_id uuid, p_delivery_status text, p_error_code integer, p_may_pass boolean, p_sid_is_fresh boolean)
 RETURNS boolean
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_message public.messages;
begin
  select m.* into v_message from public.messages m where m.id = p_message_id for no key update;
  if not p_sid_is_fresh and not private.delivery_moves(v_message.delivery_status, p_delivery_status) then
    -- Twilio may name the reason later than the failure.
    update public.messages m
    set error_code = p_error_code
    where m.id = p_message_id and m.delivery_status = p_delivery_status and m.error_code is null and p_error_code is not null;
    return found;
  end if;

  if p_delivery_status not in ('failed', 'undelivered', 'canceled') then
    update public.messages m
    set delivery_status = p_delivery_status, error_code = coalesce(p_error_code, m.error_code)
    where m.id = p_message_id;
  elsif not (
    (p_may_pass or p_sid_is_fresh and v_message.send_attempt > 1 and v_message.delivery_status in ('sending', 'unknown'))
    and private.return_send(v_message, p_error_code)
  ) then
    perform private.fail_send(v_message, p_delivery_status, p_error_code);
  end if;

  if p_delivery_status not in ('accepted', 'scheduled', 'queued', 'sending', 'unknown') then
    update public.messages m
    set follows = null, send_after = null
    where m.id in (
      select u.id from private.unfinished_sends u where u.session_id = v_message.session_id and u.follows = p_message_id
    );
  end if;
  return true;
end;
$function$;

CREATE OR REPLACE FUNCTION private.assistant_of(p_session_id uuid)
 RETURNS public.assistants
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  select a
  from public.sessions s
  join public.senders n on n.address = s.sender
  join public.assistants a on a.owner_id = s.owner_id
  where s.id = p_session_id
  order by a.id = n.assistant_id desc, a.created_at, a.id
  limit 1;
$function$;

CREATE OR REPLACE FUNCTION private.begin_next_send(p_session public.sessions, p_webhook_id text, p_absent_id uuid DEFAULT NULL::uuid, p_absent_attempt integer DEFAULT NULL::integer)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_message public.messages;
  v_now timestamptz;
  v_due_at timestamptz;
  v_is_old boolean;
  v_is_absent boolean;
  v_content_sid text;
  v_reason text;
  v_canceled jsonb := jsonb '[]';
begin
  loop
    select m.* into v_message
    from private.unfinished_sends u
    join public.messages m on m.id = u.id
    where u.session_id = p_session.id
    order by u.seq
    limit 1
    for no key update of m;
    exit when not found;

    -- A holder that asks again has not posted what it was given: the answer was lost on the way.
    if v_message.delivery_status = 'sending' and v_message.send_begun_by = p_webhook_id then
      update public.messages m set send_started_at = clock_timestamp() where m.id = v_message.id;
      return jsonb_build_object('outcome', 'begun', 'message', private.send_payload(v_message), 'canceled', v_canceled);
    end if;

    v_now := clock_timestamp();
    v_is_absent := coalesce(p_absent_id = v_message.id and p_absent_attempt = v_message.send_attempt, false);
    if v_message.delivery_status = 'pending' then
      -- A time that Twilio or a failure set outlasts the wait for the one before.
      if v_message.follows is null and coalesce(v_message.send_after <= v_now, true) then
        v_message := private.follow_last_send(v_message);
      end if;
    elsif v_is_absent and v_message.absent_at is null then
      update public.messages m set absent_at = v_now where m.id = v_message.id;
    end if;
    select u.due_at into v_due_at from private.unfinished_sends u where u.id = v_message.id;
    if v_due_at > v_now then
      return jsonb_build_object(
        'outcome', case v_message.delivery_status when 'pending' then 'postponed' else 'in_grace' end,
        'wait_ms', ceil(extract(epoch from v_due_at - v_now) * 1000),
        'canceled', v_canceled
      );
    end if;

    v_is_old := v_message.send_attempt > 0 and v_message.created_at + private.patience() <= v_now;
    if v_message.delivery_status <> 'pending' and not v_is_absent and not (v_is_old and v_message.send_after is not null) then
      return jsonb_build_object('outcome', 'settle', 'message', private.send_payload(v_message), 'canceled', v_canceled);
    end if;
    v_content_sid := private.template_now(p_session, v_message);
    v_reason := case when v_is_old then 'gave_up' else private.reason_not_to_send(p_session, v_message, v_content_sid) end;
    if v_reason is null then
      v_message := private.mark_begun(p_session, v_message, p_webhook_id, v_content_sid);
      return jsonb_build_object('outcome', 'begun', 'message', private.send_payload(v_message), 'canceled', v_canceled);
    end if;
    v_canceled := v_canceled || private.cancel_send(v_message, v_reason);
  end loop;
  return jsonb_build_object('outcome', 'none', 'canceled', v_canceled);
end;
$function$;

CREATE OR REPLACE FUNCTION private.callback_patience()
 RETURNS interval
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO ''
AS $function$
  select interval '3 seconds';
$function$;

CREATE OR REPLACE FUNCTION private.cancel_send(p_message public.messages, p_reason text)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  update public.messages m
  set delivery_status = case p_reason when 'gave_up' then 'failed' else 'canceled' end, cancel_reason = p_reason
  where m.id = p_message.id;
  if p_reason in ('gave_up', 'outside_window', 'sender_moved') then
    perform private.flag_conversation(
      p_message.conversation_id, 'delivery_failed',
      jsonb_build_object('message_id', p_message.id, 'reason', p_reason, 'error_code', p_message.error_code)
    );
  end if;
  return jsonb_build_object('message_id', p_message.id, 'reason', p_reason);
end;
$function$;

CREATE OR REPLACE FUNCTION private.claimed_batch(p_batch public.reply_batches, p_history_characters integer)
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
      'instructions', a.instructions, 'locale', a.locale, 'model', a.model, 'max_reply_parts', a.max_reply_parts
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
          case
            when h.is_dead then
              jsonb_build_object('author', h.author, 'kind', 'unknown', 'body', '[unreadable message]', 'media', jsonb '[]')
            else jsonb_build_object('author', h.author, 'kind', h.kind, 'body', h.body, 'media', h.media)
          end
          order by h.seq
        ),
        '[]'
      )
      from (
        select n.*, sum(case when n.is_dead then 0 else char_length(n.body) end) over (order by n.seq desc) as characters
        from (
          select m.*, coalesce(m.unanswered_reason = 'given_up', false) as is_dead
          from public.messages m
          where m.session_id = p_batch.session_id
            and m.conversation_id = p_batch.conversation_id
            and m.id <> all (p_batch.message_ids)
            and m.delivery_status is distinct from 'failed'
            and m.delivery_status is distinct from 'undelivered'
            and (m.delivery_status is distinct from 'canceled' or m.cancel_reason = 'sent_as_template')
            and not exists (
              select from private.waiting_rows w where w.session_id = m.session_id and w.message_id = m.id
            )
          order by m.seq desc
          limit 200
        ) n
      ) h
      where h.characters <= least(p_history_characters, c.history_characters)
    )
  )
  from public.sessions s
  join public.conversations c on c.id = p_batch.conversation_id
  cross join lateral private.assistant_of(s.id) a
  where s.id = p_batch.session_id;
$function$;

CREATE OR REPLACE FUNCTION private.conversation_for_inbound(p_session public.sessions, p_open public.conversations, p_assistant public.assistants)
 RETURNS public.conversations
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_now constant timestamptz := clock_timestamp();
  v_conversation public.conversations;
begin
  if private.expires_at(p_open.status, p_open.updated_at, p_assistant) <= v_now then
    perform private.move_conversation(p_open, 'expired', 'ingest', 'A message came after the expiry.');
  elsif p_open.status = 'idle_timeout' then
    return private.move_conversation(p_open, 'progress', 'ingest', 'The customer wrote again.');
  end if;

  insert into public.conversations (owner_id, session_id, started_at, updated_at, sweep_at)
  values (p_session.owner_id, p_session.id, v_now, v_now, private.next_sweep_at('pending', v_now, p_assistant))
  returning * into v_conversation;
  return v_conversation;
end;
$function$;

CREATE OR REPLACE FUNCTION private.correct_model_calls(p_owner_id uuid, p_calls integer)
 RETURNS void
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  update public.model_calls c
  set calls = greatest(c.calls + p_calls - 1, 0)
  where c.owner_id = p_owner_id and c.day = (clock_timestamp() at time zone 'utc')::date and p_calls <> 1;
$function$;

CREATE OR REPLACE FUNCTION private.dead_letter(p_session public.sessions, p_batch_id uuid, p_conversation_id uuid, p_message_ids uuid[], p_error jsonb)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  update public.conversations c set updated_at = clock_timestamp() where c.id = p_conversation_id;
  perform private.flag_conversation(
    p_conversation_id, 'dead_letter', jsonb_build_object('batch_id', p_batch_id, 'error', p_error)
  );

  insert into public.messages
    (owner_id, session_id, conversation_id, direction, author, body, batch_id, position, delivery_status)
  values (
    p_session.owner_id, p_session.id, p_conversation_id, 'outbound', 'system',
    private.fallback_message(private.assistant_of(p_session.id)), p_batch_id, 0, 'pending'
  );

  update public.messages m set unanswered_reason = 'given_up' where m.id = any (p_message_ids);
  update private.waiting_rows w
  set status = 'dead', batch_id = p_batch_id, last_error = coalesce(p_error ->> 'detail', p_error ->> 'failure')
  where w.session_id = p_session.id and w.message_id = any (p_message_ids);
end;
$function$;

CREATE OR REPLACE FUNCTION private.delay_message(p_assistant public.assistants)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO ''
AS $function$
  select coalesce(p_assistant.delay_message, case left(lower(p_assistant.locale), 2)
    when 'en' then 'Thank you for your patience: this reply takes longer than usual. You will still get it.'
    when 'es' then 'Gracias por tu paciencia: esta respuesta tarda más de lo normal, pero llegará.'
    else 'Obrigado pela paciência: esta resposta está demorando mais que o normal, mas vai chegar.'
  end);
$function$;

CREATE OR REPLACE FUNCTION private.fail_send(p_message public.messages, p_delivery_status text, p_error_code integer)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  update public.messages m
  set delivery_status = p_delivery_status, error_code = coalesce(p_error_code, m.error_code)
  where m.id = p_message.id;
  if p_error_code = 21610 then
    update public.sessions s
    set opted_out_at = coalesce(p_message.send_started_at, clock_timestamp()), opt_out_by = 'twilio'
    where s.id = p_message.session_id
      and s.opted_out_at is null
      -- Who has written since lifted it already.
      and coalesce(s.last_inbound_at <= p_message.send_started_at, true);
  end if;
  perform private.flag_conversation(
    p_message.conversation_id, 'delivery_failed',
    jsonb_build_object('message_id', p_message.id, 'reason', p_delivery_status, 'error_code', p_error_code)
  );
end;
$function$;

CREATE OR REPLACE FUNCTION private.flag_conversation(p_conversation_id uuid, p_flag text, p_detail jsonb)
 RETURNS void
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  update public.conversations c
  set context = c.context || jsonb_build_object(p_flag, p_detail || jsonb_build_object('at', clock_timestamp()))
  where c.id = p_conversation_id;
$function$;

CREATE OR REPLACE FUNCTION private.follow_last_send(p_message public.messages)
 RETURNS public.messages
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_last public.messages;
begin
  select m.* into v_last
  from public.messages m
  where m.session_id = p_message.session_id
    and m.seq < p_message.seq
    and m.direction = 'outbound'
    and m.message_sid is not null
  order by m.seq desc
  limit 1;
  if v_last.delivery_status in ('accepted', 'scheduled', 'queued')
    and v_last.send_started_at > clock_timestamp() - private.send_grace()
  then
    update public.messages m
    set follows = v_last.id, send_after = clock_timestamp() + private.callback_patience()
    where m.id = p_message.id
    returning m.* into p_message;
  end if;
  return p_message;
end;
$function$;

CREATE OR REPLACE FUNCTION private.forget_dead_letters(p_retention interval, p_limit integer)
 RETURNS integer
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_sessions uuid[];
  v_forgotten integer;
begin
  select array_agg(l.id) into v_sessions
  from (
    select s.id
    from public.sessions s
    where s.id in (
      select q.session_id
      from public.message_queue q
      where q.status = 'dead' and q.created_at < clock_timestamp() - p_retention
      limit p_limit
    )
    for no key update skip locked
  ) l;
  delete from public.message_queue q
  where q.message_id in (
    select d.message_id
    from public.message_queue d
    where d.status = 'dead' and d.created_at < clock_timestamp() - p_retention and d.session_id = any (v_sessions)
    order by d.id
    limit p_limit
  );
  get diagnostics v_forgotten = row_count;
  return v_forgotten;
end;
$function$;

CREATE OR REPLACE FUNCTION private.forget_raw_payloads(p_retention interval, p_limit integer)
 RETURNS integer
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_from bigint;
  v_to bigint;
  v_seen bigint;
  v_forgotten integer;
begin
  -- Whoever else is at it goes on; nobody waits.
  if not pg_try_advisory_xact_lock(hashtext('recado.raw_payloads')) then
    return 0;
  end if;
  insert into public.sweep_positions (task, position) values ('raw_payloads', 0) on conflict (task) do nothing;
  select p.position into v_from from public.sweep_positions p where p.task = 'raw_payloads';
  -- A window of numbers: a window of rows would have to look at all that is still kept.
  select
    coalesce(min(m.seq) filter (where m.created_at >= clock_timestamp() - p_retention) - 1, max(m.seq)),
    count(*)
  into v_to, v_seen
  from public.messages m
  where m.seq > v_from and m.seq <= v_from + p_limit;
  if v_seen = 0 then
    -- A gap, which is passed over, or the end.
    select min(m.seq) - 1 into v_to from public.messages m where m.seq > v_from + p_limit;
  end if;

  update public.messages m set metadata = '{}' where m.seq > v_from and m.seq <= v_to and m.direction = 'inbound';
  get diagnostics v_forgotten = row_count;
  update public.sweep_positions p set position = v_to where p.task = 'raw_payloads' and v_to is not null;
  return v_forgotten;
end;
$function$;

CREATE OR REPLACE FUNCTION private.gather_template(p_message public.messages, p_content_sid text)
 RETURNS void
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  update public.messages m
  set
    delivery_status = case when p_content_sid is null then 'pending' else 'canceled' end,
    cancel_reason = case when p_content_sid is not null then 'sent_as_template' end
  where m.batch_id = p_message.batch_id
    and m.position > p_message.position
    and m.direction = 'outbound'
    and m.message_sid is null
    and case
      when p_content_sid is null then m.cancel_reason = 'sent_as_template'
      else m.delivery_status = 'pending'
    end;
$function$;

CREATE OR REPLACE FUNCTION private.give_up_on(p_session public.sessions, p_webhook_id text, p_message_ids uuid[], p_attempt integer, p_failure text)
 RETURNS public.reply_batches
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_batch public.reply_batches;
begin
  insert into public.reply_batches
    (owner_id, session_id, conversation_id, lock_id, message_ids, attempt, outcome, error, closed_at)
  select
    p_session.owner_id, p_session.id, m.conversation_id, p_webhook_id, p_message_ids, p_attempt, 'dead',
    jsonb_build_object('failure', p_failure), clock_timestamp()
  from public.messages m
  where m.id = p_message_ids[cardinality(p_message_ids)]
  returning * into v_batch;
  perform private.dead_letter(p_session, v_batch.id, v_batch.conversation_id, p_message_ids, v_batch.error);
  return v_batch;
end;
$function$;

CREATE OR REPLACE FUNCTION private.has_due_work(p_session_id uuid)
 RETURNS boolean
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select exists (select from private.due_work d where d.session_id = p_session_id);
$function$;

CREATE OR REPLACE FUNCTION private.heard_opt_out(p_session public.sessions, p_opt_out text, p_at timestamp with time zone)
 RETURNS public.sessions
 LANGUAGE plpgsql
 IMMUTABLE
 SET search_path TO ''
AS $function$
begin
  if p_opt_out = 'STOP' then
    if p_session.opted_in_at is null or p_session.opted_in_at <= p_at then
      p_session.opted_out_at := greatest(p_session.opted_out_at, p_at);
      p_session.opt_out_by := 'customer';
    end if;
  elsif p_opt_out = 'START' then
    if p_session.opted_out_at is null or p_session.opted_out_at <= p_at then
      p_session.opted_out_at := null;
      p_session.opt_out_by := null;
      p_session.opted_in_at := greatest(p_session.opted_in_at, p_at);
    end if;
  elsif p_session.opt_out_by = 'twilio' and p_session.opted_out_at <= p_at then
    p_session.opted_out_at := null;
    p_session.opt_out_by := null;
  end if;
  return p_session;
end;
$function$;

CREATE OR REPLACE FUNCTION private.leave_unanswered(p_session_id uuid, p_reason text, p_spare_claimed boolean DEFAULT false)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  with left_out as (
    delete from private.waiting_rows w
    where w.session_id = p_session_id and not (p_spare_claimed and w.status = 'processing')
    returning w.message_id
  )
  update public.messages m
  set unanswered_reason = p_reason
  from left_out l
  where m.id = l.message_id;
end;
$function$;

CREATE OR REPLACE FUNCTION private.lift_for_member(p_session_id uuid)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_session public.sessions;
begin
  select s.* into v_session from public.sessions s where s.id = p_session_id;
  perform private.require_role(v_session.owner_id, 'admin', 'agent');
  if v_session.id is null then
    raise exception using errcode = 'PT404', message = 'There is no such session.';
  end if;
  select s.* into v_session from public.sessions s where s.id = p_session_id for no key update;
  if v_session.opt_out_by = 'customer' then
    raise exception using errcode = 'PT422', message = 'The customer asked for silence: only the customer can take that back.';
  end if;
  update public.sessions s set opted_out_at = null, opt_out_by = null where s.id = p_session_id;
  return v_session.opted_out_at is not null;
end;
$function$;

CREATE OR REPLACE FUNCTION private.mark_begun(p_session public.sessions, p_message public.messages, p_webhook_id text, p_content_sid text)
 RETURNS public.messages
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_begun public.messages;
begin
  if p_content_sid is distinct from p_message.content_sid and p_message.batch_id is not null then
    perform private.gather_template(p_message, p_content_sid);
  end if;
  update public.messages m
  set
    delivery_status = 'sending',
    send_attempt = m.send_attempt + 1,
    send_started_at = clock_timestamp(),
    send_begun_by = p_webhook_id,
    send_after = null,
    follows = null,
    absent_at = null,
    content_sid = p_content_sid,
    account_sid = t.account_sid,
    from_address = n.address,
    messaging_service_sid = n.messaging_service_sid
  from public.senders n
  join public.twilio_accounts t on t.id = n.twilio_account_id
  where m.id = p_message.id and n.address = p_session.sender
  returning m.* into v_begun;
  return v_begun;
end;
$function$;

CREATE OR REPLACE FUNCTION private.may_call_model(p_owner_id uuid)
 RETURNS boolean
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select o.daily_model_calls is null or o.daily_model_calls > coalesce((
    select c.calls
    from public.model_calls c
    where c.owner_id = o.id and c.day = (clock_timestamp() at time zone 'utc')::date
  ), 0)
  from public.owners o
  where o.id = p_owner_id;
$function$;

CREATE OR REPLACE FUNCTION private.may_redrive(p_session_id uuid)
 RETURNS boolean
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  select s.opted_out_at is null and not exists (
    select from public.conversations c where c.session_id = s.id and c.status = 'human_handoff'
  )
  from public.sessions s
  where s.id = p_session_id;
$function$;

CREATE OR REPLACE FUNCTION private.move_conversation(p_conversation public.conversations, p_to_status text, p_changed_by text, p_reason text)
 RETURNS public.conversations
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_now constant timestamptz := clock_timestamp();
  v_moved public.conversations;
begin
  if not exists (
    select from private.legal_moves() m
    where m.from_status = p_conversation.status and m.to_status = p_to_status
  ) then
    raise exception using
      errcode = 'PT422',
      message = format('A conversation cannot move from %s to %s.', p_conversation.status, p_to_status);
  end if;

  update public.conversations c
  set
    status = p_to_status,
    version = c.version + 1,
    updated_at = case when p_to_status = 'idle_timeout' then c.updated_at else v_now end,
    ended_at = case when private.is_open(p_to_status) then null else v_now end,
    sweep_at = private.next_sweep_at(
      p_to_status,
      case when p_to_status = 'idle_timeout' then c.updated_at else v_now end,
      private.assistant_of(c.session_id)
    )
  where c.id = p_conversation.id and c.version = p_conversation.version
  returning c.* into v_moved;
  if not found then
    raise exception using errcode = 'PT409', message = 'The conversation was changed meanwhile.';
  end if;

  insert into public.conversation_state_history
    (owner_id, conversation_id, from_status, to_status, version, changed_by, reason, at)
  values
    (v_moved.owner_id, v_moved.id, p_conversation.status, p_to_status, v_moved.version, p_changed_by, p_reason, v_now);

  if p_to_status = 'human_handoff' then
    update public.messages m
    set delivery_status = 'canceled', cancel_reason = 'handoff'
    where m.session_id = v_moved.session_id
      and m.direction = 'outbound'
      and m.author <> 'operator'
      and m.message_sid is null
      and m.delivery_status = 'pending';
    perform private.leave_unanswered(v_moved.session_id, 'handoff', p_spare_claimed => true);
  end if;
  return v_moved;
end;
$function$;

CREATE OR REPLACE FUNCTION private.next_rows(p_session public.sessions, p_max_messages integer, p_max_characters integer)
 RETURNS uuid[]
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select array_agg(n.message_id order by n.id)
  from (
    select
      w.id, w.message_id, row_number() over (order by w.id) as place,
      sum(char_length(m.body)) over (order by w.id) as characters
    from (
      select q.id, q.message_id
      from private.waiting_rows q
      where q.session_id = p_session.id
        and (q.available_at <= clock_timestamp() or q.available_at is distinct from p_session.rate_limited_until)
      order by q.id
      limit p_max_messages
    ) w
    join public.messages m on m.id = w.message_id
  ) n
  where n.place = 1 or n.characters <= p_max_characters;
$function$;

CREATE OR REPLACE FUNCTION private.overdue()
 RETURNS TABLE(kind text, due bigint, oldest_due_at timestamp with time zone)
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select d.kind, count(*), min(d.due_at)
  from private.due_work d
  group by d.kind
  union all
  select 'conversations', count(*), min(c.sweep_at)
  from public.conversations c
  where c.sweep_at <= clock_timestamp();
$function$;

CREATE OR REPLACE FUNCTION private.patience()
 RETURNS interval
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO ''
AS $function$
  select private.customer_service_window();
$function$;

CREATE OR REPLACE FUNCTION private.pause_after(p_failures integer, p_ceiling interval, p_asked_ms bigint DEFAULT 0)
 RETURNS interval
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select greatest(
    least(interval '1 second' * power(2, least(greatest(p_failures, 1), 30) - 1), p_ceiling) * (1 - random() / 5),
    least(make_interval(secs => coalesce(p_asked_ms, 0) / 1000.0), interval '1 hour')
  );
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
  set
    status = 'pending',
    batch_id = null,
    is_counted = false,
    available_at = least((v_today + 1)::timestamp at time zone 'utc', w.created_at + private.patience())
  where w.session_id = p_session.id and w.available_at <= clock_timestamp();
end;
$function$;

CREATE OR REPLACE FUNCTION private.reason_not_to_send(p_session public.sessions, p_message public.messages, p_content_sid text DEFAULT NULL::text)
 RETURNS text
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select case
    when p_session.opted_out_at is not null then 'opted_out'
    when p_message.author <> 'operator' and exists (
      select from public.conversations c where c.session_id = p_session.id and c.status = 'human_handoff'
    ) then 'handoff'
    when p_session.last_inbound_at + private.customer_service_window() <= clock_timestamp() and p_content_sid is null
      then 'outside_window'
    when not exists (
      select from public.senders n where n.address = p_session.sender and n.owner_id = p_session.owner_id
    ) then 'sender_moved'
    -- What comes after a lost part is half a reply.
    when exists (
      select from public.messages e
      where e.session_id = p_message.session_id
        and e.batch_id = p_message.batch_id
        and e.position < p_message.position
        and e.direction = 'outbound'
        and (
          e.delivery_status in ('failed', 'undelivered')
          or e.delivery_status = 'canceled' and e.cancel_reason is distinct from 'sent_as_template'
        )
    ) then 'part_failed'
  end;
$function$;

CREATE OR REPLACE FUNCTION private.record_sid(p_message_id uuid, p_message_sid text, p_evidence text)
 RETURNS text
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_message public.messages;
  v_other public.messages;
  v_former text;
begin
  select m.* into v_message from public.messages m where m.id = p_message_id for no key update;
  if v_message.message_sid is not null and p_evidence = 'listing' then
    return 'taken';
  end if;
  if v_message.message_sid = p_message_sid then
    update public.messages m
    set message_sid_evidence = p_evidence
    where m.id = p_message_id and m.message_sid_evidence = 'listing';
    return 'repeated';
  end if;

  select f.reason into v_former from public.former_message_sids f where f.message_sid = p_message_sid;
  if v_former = 'returned' then
    return 'replaced';
  elsif v_former is not null and p_evidence = 'listing' then
    return 'taken';
  end if;

  select m.* into v_other from public.messages m where m.message_sid = p_message_sid for no key update;
  if found then
    if p_evidence = 'listing'
      or v_other.message_sid_evidence is distinct from 'listing'
      or v_other.owner_id <> v_message.owner_id
    then
      return 'taken';
    end if;
    update public.messages m
    set message_sid = null, message_sid_evidence = null, delivery_status = 'unknown'
    where m.id = v_other.id;
  end if;

  if v_message.message_sid is null or v_message.message_sid_evidence = 'listing' then
    insert into public.former_message_sids (message_sid, message_id, reason)
    select v_message.message_sid, p_message_id, 'overruled'
    where v_message.message_sid is not null
    on conflict (message_sid) do nothing;
    update public.messages m
    set message_sid = p_message_sid, message_sid_evidence = p_evidence
    where m.id = p_message_id;
    return case when v_message.message_sid is null then 'recorded' else 'overruled' end;
  end if;

  update public.messages m set second_message_sid = p_message_sid where m.id = p_message_id;
  insert into public.former_message_sids (message_sid, message_id, reason)
  values (p_message_sid, p_message_id, 'second')
  on conflict (message_sid) do nothing;
  return 'second_sid';
end;
$function$;

CREATE OR REPLACE FUNCTION private.redrive(p_batch public.reply_batches)
 RETURNS integer
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_redriven integer;
begin
  perform from public.sessions s where s.id = p_batch.session_id for no key update;
  update public.conversations c set context = c.context - 'dead_letter' where c.id = p_batch.conversation_id;
  update public.messages m
  set unanswered_reason = null
  where m.id in (
    select q.message_id
    from public.message_queue q
    where q.session_id = p_batch.session_id and q.batch_id = p_batch.id and q.status = 'dead'
  );
  update public.message_queue q
  set
    status = 'pending', batch_id = null, attempts = 0, outside_failures = 0, is_counted = false, superseded = false,
    delay_told = false, created_at = clock_timestamp(), available_at = clock_timestamp()
  where q.session_id = p_batch.session_id and q.batch_id = p_batch.id and q.status = 'dead';
  get diagnostics v_redriven = row_count;
  return v_redriven;
end;
$function$;

CREATE OR REPLACE FUNCTION private.redrive_for_member(p_batch_id uuid)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_batch public.reply_batches;
  v_redriven integer;
begin
  select b.* into v_batch from public.reply_batches b where b.id = p_batch_id;
  perform private.require_role(v_batch.owner_id, 'admin', 'agent');
  if not private.may_redrive(v_batch.session_id) then
    raise exception using
      errcode = 'PT409', message = 'The assistant may not answer: a person has the conversation, or the customer opted out.';
  end if;
  v_redriven := private.redrive(v_batch);
  if v_redriven = 0 then
    raise exception using errcode = 'PT404', message = 'There is no such dead letter.';
  end if;
  perform private.call_sweep();
  return v_redriven;
end;
$function$;

CREATE OR REPLACE FUNCTION private.replies_are_too_many(p_session_id uuid, p_assistant public.assistants)
 RETURNS boolean
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select count(*) >= p_assistant.max_replies_per_hour
    or count(*) filter (where b.closed_at > clock_timestamp() - interval '1 minute') >= p_assistant.max_replies_per_minute
  from public.reply_batches b
  where b.session_id = p_session_id
    and b.created_at > clock_timestamp() - interval '1 hour'
    and (
      b.outcome = 'completed'
      -- Those that were redriven are not held against the customer.
      or b.outcome = 'dead' and exists (select from public.message_queue q where q.session_id = b.session_id and q.batch_id = b.id)
    )
    and b.closed_at > coalesce(
      (
        select max(h.at)
        from public.conversation_state_history h
        join public.conversations c on c.id = h.conversation_id
        where c.session_id = p_session_id and h.from_status = 'human_handoff'
      ),
      '-infinity'
    );
$function$;

CREATE OR REPLACE FUNCTION private.return_rows(p_batch public.reply_batches, p_superseded boolean)
 RETURNS void
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  update public.message_queue q
  set
    status = 'pending',
    batch_id = null,
    attempts = q.attempts - q.is_counted::integer,
    is_counted = false,
    superseded = q.superseded or p_superseded
  where q.session_id = p_batch.session_id and q.batch_id = p_batch.id and q.status = 'processing';
$function$;

CREATE OR REPLACE FUNCTION private.return_send(p_message public.messages, p_error_code integer)
 RETURNS boolean
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_returned integer;
begin
  select count(*) into v_returned
  from public.former_message_sids f
  where f.message_id = p_message.id and f.reason = 'returned';
  if v_returned >= 3
    or p_message.delivery_status = 'canceled'
    -- After what came next it would stand in the wrong place.
    or exists (
      select from public.messages l
      where l.session_id = p_message.session_id and l.seq > p_message.seq and l.direction = 'outbound' and l.send_attempt > 0
    )
  then
    return false;
  end if;

  insert into public.former_message_sids (message_sid, message_id, reason)
  values (p_message.message_sid, p_message.id, 'returned')
  on conflict (message_sid) do update set reason = 'returned';
  update public.messages m
  set
    message_sid = null,
    message_sid_evidence = null,
    -- A later attempt that is under way has to be settled first.
    delivery_status = case
      when m.delivery_status in ('sending', 'unknown') and m.send_attempt > 1 then 'unknown' else 'pending'
    end,
    error_code = p_error_code,
    send_after = least(
      clock_timestamp() + private.pause_after(v_returned + 5, interval '5 minutes'), m.created_at + private.patience()
    )
  where m.id = p_message.id;
  return true;
end;
$function$;

CREATE OR REPLACE FUNCTION private.say_idle(p_session public.sessions, p_conversation public.conversations, p_text text)
 RETURNS boolean
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  if p_text is null
    or p_session.opted_out_at is not null
    or p_conversation.context ? 'idle_message_at'
    or p_session.last_inbound_at + private.customer_service_window() <= clock_timestamp()
    or not exists (select from public.senders n where n.address = p_session.sender and n.owner_id = p_session.owner_id)
    or exists (select from private.waiting_rows w where w.session_id = p_session.id)
    or exists (select from private.unfinished_sends u where u.session_id = p_session.id)
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
$function$;

CREATE OR REPLACE FUNCTION private.second_look()
 RETURNS interval
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO ''
AS $function$
  select interval '5 seconds';
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
    'body', case
      when p_message.content_sid is null or p_message.batch_id is null then p_message.body
      else (
        select string_agg(m.body, ' ' order by m.position)
        from public.messages m
        where m.batch_id = p_message.batch_id
          and m.position >= p_message.position
          and (m.id = p_message.id or m.cancel_reason = 'sent_as_template')
      )
    end,
    'content_sid', p_message.content_sid,
    'account_sid', p_message.account_sid,
    'from', p_message.from_address,
    'to', s.customer_address,
    'messaging_service_sid', p_message.messaging_service_sid
  )
  from public.sessions s
  where s.id = p_message.session_id;
$function$;

CREATE OR REPLACE FUNCTION private.settle_send(p_message public.messages, p_send_attempt integer, p_result jsonb)
 RETURNS boolean
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_kind constant text := p_result ->> 'kind';
  v_error_code constant integer := (p_result ->> 'error_code')::integer;
  v_asked_ms constant bigint := (p_result ->> 'retry_after_ms')::bigint;
  v_age constant interval := clock_timestamp() - p_message.send_started_at;
  v_pause interval;
begin
  if p_message.send_attempt <> p_send_attempt
    or p_message.message_sid is not null
    or p_message.delivery_status not in ('sending', 'unknown')
  then
    return false;
  end if;

  if v_kind = 'failed' then
    perform private.fail_send(p_message, 'failed', v_error_code);
    return true;
  end if;

  v_pause := case v_kind
    when 'postponed' then private.pause_after(p_message.send_attempt, interval '5 minutes', v_asked_ms)
    -- The longer nobody could tell, the less it matters when exactly they can.
    when 'unsettled' then greatest(
      interval '10 seconds', private.pause_after(30, least(v_age / 2, interval '10 minutes'), v_asked_ms)
    )
  end;
  update public.messages m
  set
    delivery_status = case v_kind when 'postponed' then 'pending' else 'unknown' end,
    error_code = coalesce(v_error_code, m.error_code),
    send_after = case when v_pause is not null then least(clock_timestamp() + v_pause, m.created_at + private.patience()) end
  where m.id = p_message.id;
  return true;
end;
$function$;

CREATE OR REPLACE FUNCTION private.tell_delay(p_session public.sessions, p_batch public.reply_batches)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_assistant constant public.assistants := private.assistant_of(p_session.id);
begin
  if v_assistant.delay_notice_seconds is null or exists (
    select from private.waiting_rows w
    where w.session_id = p_session.id and w.message_id = any (p_batch.message_ids) and w.delay_told
  ) or not exists (
    select from private.waiting_rows w
    where w.session_id = p_session.id
      and w.message_id = any (p_batch.message_ids)
      and w.created_at <= clock_timestamp() - make_interval(secs => v_assistant.delay_notice_seconds)
  ) then
    return;
  end if;

  insert into public.messages
    (owner_id, session_id, conversation_id, direction, author, body, delivery_status)
  values (
    p_session.owner_id, p_session.id, p_batch.conversation_id, 'outbound', 'system', private.delay_message(v_assistant),
    'pending'
  );
  update private.waiting_rows w set delay_told = true where w.session_id = p_session.id;
end;
$function$;

CREATE OR REPLACE FUNCTION private.template_now(p_session public.sessions, p_message public.messages)
 RETURNS text
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select (private.assistant_of(p_session.id)).content_sid
  where p_message.author <> 'operator'
    and p_session.last_inbound_at + private.customer_service_window() <= clock_timestamp();
$function$;

CREATE OR REPLACE FUNCTION public.adopt_orphaned_messages(p_sender text, p_limit integer DEFAULT 100)
 RETURNS integer
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_orphan public.orphaned_messages;
  v_outcome text;
  v_adopted integer := 0;
begin
  -- One at a time, with redrive_dead_letters: both lock many sessions in an order of their own.
  perform pg_advisory_xact_lock(hashtextextended('recado.many_sessions', 0));
  for v_orphan in
    select o.*
    from public.orphaned_messages o
    where o.to_address = p_sender
      and o.resolved_at is null
      and o.account_sid = (
        select t.account_sid
        from public.senders n
        join public.owners w on w.id = n.owner_id
        join public.twilio_accounts t on t.id = n.twilio_account_id
        where n.address = p_sender and n.active and w.active
      )
    order by o.received_at, o.id
    limit p_limit
    for update skip locked
  loop
    select i.outcome into v_outcome
    from public.ingest_inbound_message(v_orphan.params, v_orphan.content, v_orphan.received_at) i;
    if v_outcome <> 'orphaned' then
      update public.orphaned_messages o set resolved_at = clock_timestamp() where o.id = v_orphan.id;
      v_adopted := v_adopted + 1;
    end if;
  end loop;
  return v_adopted;
end;
$function$;

CREATE OR REPLACE FUNCTION public.begin_send(p_session_id uuid, p_webhook_id text, p_absent_message_id uuid DEFAULT NULL::uuid, p_absent_attempt integer DEFAULT NULL::integer)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_session public.sessions;
begin
  select s.* into v_session from public.sessions s where s.id = p_session_id for no key update;
  if not private.is_holder(v_session, p_webhook_id) then
    return jsonb_build_object('outcome', 'lost', 'canceled', '[]'::jsonb);
  end if;
  return private.begin_next_send(v_session, p_webhook_id, p_absent_message_id, p_absent_attempt);
end;
$function$;

CREATE OR REPLACE FUNCTION public.begin_sweep()
 RETURNS TABLE(run_id bigint, late_seconds numeric, started_at timestamp with time zone)
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  insert into public.sweep_runs as r (late_seconds)
  select coalesce(round(extract(epoch from clock_timestamp() - min(o.oldest_due_at)), 3), 0)
  from private.overdue() o
  returning r.id, r.late_seconds, r.started_at;
$function$;

CREATE OR REPLACE FUNCTION public.claim_batch(p_session_id uuid, p_webhook_id text, p_max_attempts integer DEFAULT 5, p_history_characters integer DEFAULT 18000, p_max_messages integer DEFAULT 50, p_max_characters integer DEFAULT 12000)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
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
$function$;

CREATE OR REPLACE FUNCTION public.fail_batch(p_session_id uuid, p_webhook_id text, p_batch_id uuid, p_error jsonb, p_remedy text, p_asked_ms bigint DEFAULT 0, p_max_attempts integer DEFAULT 5, p_usage jsonb DEFAULT '{}'::jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
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
$function$;

CREATE OR REPLACE FUNCTION public.finish_sweep(p_run_id bigint, p_counts jsonb, p_untried uuid[] DEFAULT '{}'::uuid[])
 RETURNS void
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  update public.sessions s set swept_at = null where s.id = any (p_untried);
  update public.sweep_runs r set finished_at = clock_timestamp(), counts = p_counts where r.id = p_run_id;
$function$;

CREATE OR REPLACE FUNCTION public.ingest_inbound_message(p_params jsonb, p_content jsonb DEFAULT NULL::jsonb, p_received_at timestamp with time zone DEFAULT NULL::timestamp with time zone)
 RETURNS TABLE(outcome text, message_id uuid, session_id uuid, conversation_id uuid, lock_owner text, wait_ms integer)
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
#variable_conflict use_column
declare
  v_message_sid constant text := nullif(p_params ->> 'MessageSid', '');
  v_customer constant text := nullif(p_params ->> 'From', '');
  v_opt_out constant text := upper(p_params ->> 'OptOutType');
  v_sender record;
  v_session public.sessions;
  v_conversation public.conversations;
  v_now timestamptz;
  v_received_at timestamptz;
  v_minute timestamptz;
  v_goes_on boolean;
begin
  if v_message_sid is null or v_customer is null then
    raise exception using errcode = 'PT422', message = 'A message needs a MessageSid and a From.';
  end if;

  select n.owner_id, n.address, n.active and o.active as active, t.account_sid, a as assistant into v_sender
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
    return query select 'orphaned', null::uuid, null::uuid, null::uuid, null::text, null::integer;
    return;
  end if;

  select s.* into v_session
  from public.sessions s
  where s.owner_id = v_sender.owner_id and s.session_key = v_sender.address || '|' || v_customer
  for no key update;
  if not found then
    v_session := private.lock_session(v_sender.owner_id, v_sender.address, v_customer);
  end if;
  v_now := clock_timestamp();
  v_received_at := least(p_received_at, v_now);

  select c.* into v_conversation
  from public.conversations c
  where c.session_id = v_session.id and c.status in ('pending', 'progress', 'human_handoff', 'idle_timeout');
  v_goes_on := found
    and v_conversation.status <> 'idle_timeout'
    and coalesce(
      private.expires_at(v_conversation.status, v_conversation.updated_at, v_sender.assistant) > v_now, true
    );
  if not v_goes_on then
    -- A duplicate wakes nothing and opens nothing.
    return query
      select 'duplicate', m.id, m.session_id, m.conversation_id, null::text, null::integer
      from public.messages m
      where m.message_sid = v_message_sid;
    if found then
      return;
    end if;
    v_conversation := private.conversation_for_inbound(v_session, v_conversation, v_sender.assistant);
  end if;

  if v_opt_out is not null or v_session.opt_out_by = 'twilio' then
    v_session := private.heard_opt_out(v_session, v_opt_out, v_received_at);
    if v_session.opt_out_by = 'customer' then
      update public.messages m
      set delivery_status = 'canceled', cancel_reason = 'opted_out'
      where m.session_id = v_session.id
        and m.direction = 'outbound'
        and m.message_sid is null
        and m.delivery_status = 'pending';
    end if;
  end if;
  outcome := case
    when v_session.opted_out_at is not null then 'opted_out'
    when v_conversation.status = 'human_handoff' then 'handoff'
    else 'accepted'
  end;

  insert into public.messages (
    owner_id, session_id, conversation_id, direction, author, kind, body, media, message_sid, metadata,
    unanswered_reason, created_at
  )
  values (
    v_session.owner_id, v_session.id, v_conversation.id, 'inbound', 'customer', coalesce(p_content ->> 'kind', 'text'),
    coalesce(p_content ->> 'body', p_params ->> 'Body', ''), coalesce(p_content -> 'media', '[]'), v_message_sid, p_params,
    nullif(outcome, 'accepted'), v_received_at
  )
  on conflict (message_sid) do nothing
  returning id into message_id;
  if not found then
    return query
      select 'duplicate', m.id, m.session_id, m.conversation_id, null::text, null::integer
      from public.messages m
      where m.message_sid = v_message_sid;
    return;
  end if;

  -- Lifetimes are minutes: a burst need not say each time that somebody is there.
  if v_goes_on and v_conversation.updated_at < v_now - interval '5 seconds' then
    update public.conversations c set updated_at = v_now where c.id = v_conversation.id;
  end if;

  v_minute := date_trunc('minute', v_now);
  v_session.inbound_this_minute := case when v_session.inbound_minute = v_minute then v_session.inbound_this_minute else 0 end + 1;
  if v_session.inbound_this_minute > (v_sender.assistant).max_inbound_per_minute then
    v_session.rate_limited_until := v_minute + interval '1 minute';
  end if;
  update public.sessions s
  set
    last_inbound_at = greatest(s.last_inbound_at, v_received_at),
    inbound_seq = s.inbound_seq + 1,
    inbound_minute = v_minute,
    inbound_this_minute = v_session.inbound_this_minute,
    rate_limited_until = v_session.rate_limited_until,
    profile_name = coalesce(nullif(p_params ->> 'ProfileName', ''), s.profile_name),
    opted_out_at = v_session.opted_out_at,
    opt_out_by = v_session.opt_out_by,
    opted_in_at = v_session.opted_in_at
  where s.id = v_session.id;

  if outcome = 'accepted' then
    insert into public.message_queue (message_id, message_sid, session_id, available_at, created_at)
    values (message_id, v_message_sid, v_session.id, greatest(v_now, v_session.rate_limited_until), v_now);
  end if;

  session_id := v_session.id;
  conversation_id := v_conversation.id;
  lock_owner := case when v_session.batch_lock_until > clock_timestamp() then v_session.batch_lock_id end;
  wait_ms := (v_sender.assistant).quiet_window_ms;
  return next;
end;
$function$;

CREATE OR REPLACE FUNCTION public.known_message_sids(p_message_sids jsonb)
 RETURNS SETOF text
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  select m.message_sid
  from public.messages m
  where m.message_sid in (select jsonb_array_elements_text(p_message_sids))
  union
  select f.message_sid
  from public.former_message_sids f
  where f.message_sid in (select jsonb_array_elements_text(p_message_sids));
$function$;

CREATE OR REPLACE FUNCTION public.lift_opt_out(p_session_id uuid)
 RETURNS boolean
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select private.lift_for_member(p_session_id);
$function$;

CREATE OR REPLACE FUNCTION public.record_delivery_status(p_account_sid text, p_message_sid text, p_delivery_status text, p_message_id uuid DEFAULT NULL::uuid, p_error_code integer DEFAULT NULL::integer, p_may_pass boolean DEFAULT false)
 RETURNS TABLE(outcome text, wake_session_id uuid)
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_message_id uuid;
  v_session public.sessions;
begin
  select m.id, m.session_id into v_message_id, v_session.id
  from public.messages m
  join public.sessions s on s.id = m.session_id
  left join public.senders n on n.address = s.sender and n.owner_id = s.owner_id
  left join public.twilio_accounts t on t.id = n.twilio_account_id
  where coalesce(m.account_sid, t.account_sid) = p_account_sid
    and m.direction = 'outbound'
    and m.id = coalesce(
      p_message_id,
      (select o.id from public.messages o where o.message_sid = p_message_sid),
      (select f.message_id from public.former_message_sids f where f.message_sid = p_message_sid)
    );
  if not found then
    return query select 'unknown_message', null::uuid;
    return;
  end if;

  select s.* into v_session from public.sessions s where s.id = v_session.id for no key update;
  outcome := private.record_sid(v_message_id, p_message_sid, 'callback');
  if outcome in ('recorded', 'overruled', 'repeated') then
    outcome := case
      when private.advance_delivery(v_message_id, p_delivery_status, p_error_code, p_may_pass, outcome <> 'repeated')
        then case outcome when 'repeated' then 'recorded' else outcome end
      else 'repeated'
    end;
  end if;
  if outcome in ('recorded', 'overruled')
    and p_delivery_status not in ('accepted', 'scheduled', 'queued', 'sending')
    and coalesce(v_session.batch_lock_until <= clock_timestamp(), true)
    and exists (select from private.due_work d where d.session_id = v_session.id and d.kind = 'sends')
  then
    wake_session_id := v_session.id;
  end if;
  return next;
end;
$function$;

CREATE OR REPLACE FUNCTION public.record_send(p_session_id uuid, p_webhook_id text, p_message_id uuid, p_send_attempt integer, p_result jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_kind constant text := p_result ->> 'kind';
  v_session public.sessions;
  v_message public.messages;
  v_recorded text := 'stale';
begin
  if v_kind not in ('accepted', 'found', 'postponed', 'failed', 'unknown', 'unsettled') or v_kind is null then
    raise exception using errcode = 'PT422', message = format('%s is no result of a send.', v_kind);
  end if;
  select s.* into v_session from public.sessions s where s.id = p_session_id for no key update;
  select m.* into v_message
  from public.messages m
  where m.id = p_message_id and m.session_id = p_session_id and m.direction = 'outbound'
  for no key update;
  if not found then
    raise exception using errcode = 'PT404', message = 'There is no such outbound message.';
  end if;

  if v_kind = 'accepted' or v_kind = 'found' and v_message.send_attempt = p_send_attempt then
    v_recorded := private.record_sid(
      p_message_id, p_result ->> 'message_sid', case v_kind when 'accepted' then 'response' else 'listing' end
    );
    if v_recorded in ('recorded', 'overruled', 'repeated') then
      perform private.advance_delivery(
        p_message_id, p_result ->> 'status', (p_result ->> 'error_code')::integer,
        coalesce((p_result ->> 'may_pass')::boolean, false), v_recorded <> 'repeated'
      );
    end if;
  elsif v_kind <> 'found' and private.settle_send(v_message, p_send_attempt, p_result) then
    v_recorded := 'recorded';
  end if;

  select s.* into v_session from public.sessions s where s.id = p_session_id;
  return jsonb_build_object(
    'recorded', v_recorded,
    'send', case
      when private.is_holder(v_session, p_webhook_id) then private.begin_next_send(v_session, p_webhook_id)
      else jsonb_build_object('outcome', 'lost', 'canceled', '[]'::jsonb)
    end
  );
end;
$function$;

CREATE OR REPLACE FUNCTION public.recover_stalled(p_limit integer DEFAULT 50, p_settle_seconds integer DEFAULT 1, p_tried_before timestamp with time zone DEFAULT NULL::timestamp with time zone)
 RETURNS SETOF uuid
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  with due as (
    select d.session_id, min(d.due_at) as since
    from private.due_work d
    where d.kind = 'sends' or d.created_at <= clock_timestamp() - make_interval(secs => p_settle_seconds)
    group by d.session_id
  ),
  ranked as (
    select
      s.id, s.swept_at, due.since,
      row_number() over (partition by s.owner_id order by s.swept_at nulls first, due.since) as turn
    from due
    join public.sessions s on s.id = due.session_id
    where (s.batch_lock_until is null or s.batch_lock_until <= clock_timestamp())
      and (s.swept_at is null or p_tried_before is null or s.swept_at < p_tried_before)
  ),
  picked as (
    select s.id
    from ranked r
    join public.sessions s on s.id = r.id
    order by r.turn, r.swept_at nulls first, r.since
    limit p_limit
    for no key update of s skip locked
  ),
  marked as (
    update public.sessions s
    set swept_at = clock_timestamp()
    from picked p
    where s.id = p.id
    returning s.id
  )
  select m.id
  from marked m
  join ranked r on r.id = m.id
  order by r.turn, r.swept_at nulls first, r.since;
$function$;

CREATE OR REPLACE FUNCTION public.redrive_dead_letter(p_batch_id uuid)
 RETURNS integer
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select private.redrive_for_member(p_batch_id);
$function$;

CREATE OR REPLACE FUNCTION public.redrive_dead_letters(p_owner_id uuid DEFAULT NULL::uuid, p_failure text DEFAULT NULL::text, p_limit integer DEFAULT 100, p_before timestamp with time zone DEFAULT NULL::timestamp with time zone)
 RETURNS TABLE(batches integer, messages integer)
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_batch public.reply_batches;
begin
  -- One at a time, with adopt_orphaned_messages: both lock many sessions in an order of their own.
  perform pg_advisory_xact_lock(hashtextextended('recado.many_sessions', 0));
  batches := 0;
  messages := 0;
  for v_batch in
    select b.*
    from public.reply_batches b
    where b.id in (select q.batch_id from public.message_queue q where q.status = 'dead')
      and b.created_at < coalesce(p_before, clock_timestamp())
      and private.may_redrive(b.session_id)
      and (p_owner_id is null or b.owner_id = p_owner_id)
      and (p_failure is null or b.error ->> 'failure' = p_failure)
    order by b.created_at
    limit p_limit
  loop
    -- Who is busy is not waited for while others' sessions are held.
    perform from public.sessions s where s.id = v_batch.session_id for no key update skip locked;
    continue when not found;
    batches := batches + 1;
    messages := messages + private.redrive(v_batch);
  end loop;
  if batches > 0 then
    perform private.call_sweep();
  end if;
  return next;
end;
$function$;

CREATE OR REPLACE FUNCTION public.release_batch_lock(p_session_id uuid, p_webhook_id text, p_if_drained boolean DEFAULT false)
 RETURNS boolean
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_session public.sessions;
begin
  select s.* into v_session from public.sessions s where s.id = p_session_id for no key update;
  if not private.is_holder(v_session, p_webhook_id) then
    return false;
  end if;
  if p_if_drained and private.has_due_work(p_session_id) then
    return false;
  end if;

  update public.sessions s set batch_lock_id = null, batch_lock_until = null where s.id = p_session_id;
  return true;
end;
$function$;

CREATE OR REPLACE FUNCTION public.sweep_housekeeping(p_raw_retention_days integer, p_limit integer DEFAULT 2000)
 RETURNS TABLE(raw_payloads integer, orphans integer, dead_letters integer, sweep_runs integer, cron_runs integer)
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
#variable_conflict use_column
declare
  v_retention constant interval := make_interval(days => p_raw_retention_days);
begin
  raw_payloads := 0;
  orphans := 0;
  dead_letters := 0;
  if p_raw_retention_days > 0 then
    raw_payloads := private.forget_raw_payloads(v_retention, p_limit);
    dead_letters := private.forget_dead_letters(v_retention, p_limit);
    delete from public.orphaned_messages o
    where o.id in (
      select d.id
      from public.orphaned_messages d
      where coalesce(d.resolved_at, d.received_at) < clock_timestamp() - v_retention
      limit p_limit
      for update skip locked
    );
    get diagnostics orphans = row_count;
  end if;

  delete from public.sweep_runs r where r.started_at < clock_timestamp() - interval '7 days';
  get diagnostics sweep_runs = row_count;
  cron_runs := private.clear_cron_runs();
  return next;
end;
$function$;

-- Until now only the customer's own word, or Twilio's refusal, was remembered, not which: taken for the customer's own.
UPDATE "public"."sessions" SET "opt_out_by" = 'customer' WHERE "opted_out_at" IS NOT NULL;

-- What was given up on stays out of prompts.
UPDATE "public"."messages" m SET "unanswered_reason" = 'given_up'
FROM "public"."message_queue" q WHERE q."message_id" = m."id" AND q."status" = 'dead';

-- Words that could not be sent: none are better, and long ones are cut to what WhatsApp takes.
UPDATE "public"."assistants"
SET
  "idle_message" = NULLIF(left(btrim("idle_message", E' \n\r\t'), 1600), ''),
  "fallback_message" = NULLIF(left(btrim("fallback_message", E' \n\r\t'), 1600), '')
WHERE "idle_message" !~ '\S' OR char_length("idle_message") > 1600
  OR "fallback_message" !~ '\S' OR char_length("fallback_message") > 1600;

-- What is under way is settled where it was begun.
UPDATE "public"."messages" m
SET "account_sid" = t."account_sid", "from_address" = n."address", "messaging_service_sid" = n."messaging_service_sid"
FROM "public"."sessions" s
JOIN "public"."senders" n ON n."address" = s."sender"
JOIN "public"."twilio_accounts" t ON t."id" = n."twilio_account_id"
WHERE s."id" = m."session_id" AND m."message_sid" IS NULL AND m."delivery_status" IN ('sending', 'unknown');

ALTER TABLE "public"."assistants" ADD CONSTRAINT "delay_message_can_be_sent" CHECK (((delay_message ~ '\S'::text) AND (char_length(delay_message) <= 1600)));

ALTER TABLE "public"."assistants" ADD CONSTRAINT "delay_notice_is_positive" CHECK ((delay_notice_seconds > 0));

ALTER TABLE "public"."assistants" ADD CONSTRAINT "fallback_message_can_be_sent" CHECK (((fallback_message ~ '\S'::text) AND (char_length(fallback_message) <= 1600)));

ALTER TABLE "public"."assistants" ADD CONSTRAINT "idle_message_can_be_sent" CHECK (((idle_message ~ '\S'::text) AND (char_length(idle_message) <= 1600)));

ALTER TABLE "public"."assistants" ADD CONSTRAINT "reply_has_one_to_ten_parts" CHECK (((max_reply_parts >= 1) AND (max_reply_parts <= 10)));

ALTER TABLE "public"."assistants" ADD CONSTRAINT "reply_limits_are_positive" CHECK ((LEAST(max_replies_per_minute, max_replies_per_hour) > 0));

ALTER TABLE "public"."assistants" ADD CONSTRAINT "texts_fit_a_prompt" CHECK (((char_length(instructions) <= 50000) AND (char_length(name) <= 200) AND (char_length(model) <= 200) AND (char_length(locale) <= 35)));

ALTER TABLE "public"."former_message_sids" ADD CONSTRAINT "former_message_sids_message_id_fkey" FOREIGN KEY (message_id) REFERENCES public.messages(id) ON DELETE CASCADE;

ALTER TABLE "public"."message_queue" ADD CONSTRAINT "message_queue_pkey" PRIMARY KEY (message_id);

ALTER TABLE "public"."sessions" ADD CONSTRAINT "opt_out_author_is_known" CHECK ((opt_out_by = ANY (ARRAY['customer'::text, 'twilio'::text])));

ALTER TABLE "public"."sessions" ADD CONSTRAINT "opt_out_has_an_author" CHECK (((opted_out_at IS NULL) = (opt_out_by IS NULL)));

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
    content_sid,
    account_sid,
    from_address,
    messaging_service_sid,
    send_begun_by,
    follows,
    absent_at,
        CASE delivery_status
            WHEN 'pending'::text THEN COALESCE(send_after, created_at)
            ELSE GREATEST((send_started_at + private.send_grace()), send_after, (absent_at + private.second_look()))
        END AS due_at
   FROM public.messages m
  WHERE ((direction = 'outbound'::text) AND (message_sid IS NULL) AND (delivery_status = ANY (ARRAY['pending'::text, 'sending'::text, 'unknown'::text])));

CREATE VIEW "private"."outbox_heads" WITH (security_invoker=true) AS  SELECT DISTINCT ON (session_id) session_id,
    id,
    due_at
   FROM private.unfinished_sends u
  ORDER BY session_id, seq;

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
    created_at,
    is_counted,
    outside_failures,
    delay_told
   FROM public.message_queue q
  WHERE (status <> 'dead'::text);

CREATE VIEW "private"."due_work" WITH (security_invoker=true) AS  SELECT h.session_id,
    'sends'::text AS kind,
    h.due_at,
    h.due_at AS created_at
   FROM private.outbox_heads h
  WHERE (h.due_at <= clock_timestamp())
UNION ALL
 SELECT w.session_id,
    'messages'::text AS kind,
    w.available_at AS due_at,
    w.created_at
   FROM (private.waiting_rows w
     LEFT JOIN LATERAL ( SELECT u.due_at
           FROM private.unfinished_sends u
          WHERE (u.session_id = w.session_id)
          ORDER BY u.seq
         LIMIT 1) h ON (true))
  WHERE ((w.available_at <= clock_timestamp()) AND COALESCE((h.due_at <= clock_timestamp()), true));

CREATE INDEX former_message_sids_by_message ON public.former_message_sids USING btree (message_id);

CREATE INDEX messages_by_conversation ON public.messages USING btree (conversation_id);

CREATE INDEX reply_batches_by_conversation ON public.reply_batches USING btree (conversation_id);

CREATE POLICY "nobody_reads_former_message_sids" ON "public"."former_message_sids" FOR SELECT TO "authenticated" USING (false);

COMMENT ON COLUMN "public"."assistants"."delay_notice_seconds" IS 'After so long without a reply the customer is told, once, that it takes longer. Null: never.';

COMMENT ON COLUMN "public"."assistants"."max_replies_per_minute" IS 'To one customer. Beyond it, or beyond the limit an hour, a person is asked for.';

COMMENT ON COLUMN "public"."assistants"."max_reply_parts" IS 'A longer answer of the model is asked for again, shorter.';

COMMENT ON COLUMN "public"."conversations"."history_characters" IS 'How much history the model took, once it had refused more. Null: it never did.';

COMMENT ON COLUMN "public"."message_queue"."attempts" IS 'Tries that failed by what the messages themselves brought about.';

COMMENT ON COLUMN "public"."message_queue"."delay_told" IS 'The customer was told that the reply takes longer.';

COMMENT ON COLUMN "public"."message_queue"."id" IS 'The order of arrival.';

COMMENT ON COLUMN "public"."message_queue"."is_counted" IS 'Whether its last claim counted as an attempt: what is given back takes back no more than that.';

COMMENT ON COLUMN "public"."message_queue"."outside_failures" IS 'Tries in a row that failed by what is outside: the model away, busy, or not to be paid.';

COMMENT ON COLUMN "public"."messages"."absent_at" IS 'When Twilio''s list first did not have it. Absence counts when it is seen twice.';

COMMENT ON COLUMN "public"."messages"."account_sid" IS 'The account and sender that its last attempt used: it is settled there, wherever the sender is now.';

COMMENT ON COLUMN "public"."messages"."follows" IS 'The message before it, whose callback is waited for; at the latest until send_after.';

COMMENT ON COLUMN "public"."messages"."send_begun_by" IS 'The holder that began its last attempt: asked again by the same one, nothing was posted.';

COMMENT ON COLUMN "public"."sessions"."opt_out_by" IS 'A customer''s own word holds until the customer takes it back; Twilio''s (21610) until the customer writes again.';

COMMENT ON COLUMN "public"."sessions"."swept_at" IS 'When the sweep last took it up: the least recently tried comes first.';

REVOKE ALL ON FUNCTION "private"."advance_delivery"(uuid, text, integer, boolean, boolean) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."advance_delivery"(uuid, text, integer, boolean, boolean) TO "service_role";

REVOKE ALL ON FUNCTION "private"."begin_next_send"(public.sessions, text, uuid, integer) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."begin_next_send"(public.sessions, text, uuid, integer) TO "service_role";

REVOKE ALL ON FUNCTION "private"."callback_patience"() FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."callback_patience"() TO "service_role";

REVOKE ALL ON FUNCTION "private"."cancel_send"(public.messages, text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."cancel_send"(public.messages, text) TO "service_role";

REVOKE ALL ON FUNCTION "private"."claimed_batch"(public.reply_batches, integer) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."claimed_batch"(public.reply_batches, integer) TO "service_role";

REVOKE ALL ON FUNCTION "private"."conversation_for_inbound"(public.sessions, public.conversations, public.assistants) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."conversation_for_inbound"(public.sessions, public.conversations, public.assistants) TO "service_role";

REVOKE ALL ON FUNCTION "private"."correct_model_calls"(uuid, integer) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."correct_model_calls"(uuid, integer) TO "service_role";

REVOKE ALL ON FUNCTION "private"."delay_message"(public.assistants) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."delay_message"(public.assistants) TO "service_role";

REVOKE ALL ON FUNCTION "private"."fail_send"(public.messages, text, integer) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."fail_send"(public.messages, text, integer) TO "service_role";

REVOKE ALL ON FUNCTION "private"."flag_conversation"(uuid, text, jsonb) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."flag_conversation"(uuid, text, jsonb) TO "service_role";

REVOKE ALL ON FUNCTION "private"."follow_last_send"(public.messages) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."follow_last_send"(public.messages) TO "service_role";

REVOKE ALL ON FUNCTION "private"."forget_dead_letters"(interval, integer) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."forget_dead_letters"(interval, integer) TO "service_role";

REVOKE ALL ON FUNCTION "private"."forget_raw_payloads"(interval, integer) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."forget_raw_payloads"(interval, integer) TO "service_role";

REVOKE ALL ON FUNCTION "private"."gather_template"(public.messages, text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."gather_template"(public.messages, text) TO "service_role";

REVOKE ALL ON FUNCTION "private"."give_up_on"(public.sessions, text, uuid[], integer, text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."give_up_on"(public.sessions, text, uuid[], integer, text) TO "service_role";

REVOKE ALL ON FUNCTION "private"."has_due_work"(uuid) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."has_due_work"(uuid) TO "service_role";

REVOKE ALL ON FUNCTION "private"."heard_opt_out"(public.sessions, text, timestamp with time zone) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."heard_opt_out"(public.sessions, text, timestamp with time zone) TO "service_role";

REVOKE ALL ON FUNCTION "private"."leave_unanswered"(uuid, text, boolean) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."leave_unanswered"(uuid, text, boolean) TO "service_role";

REVOKE ALL ON FUNCTION "private"."lift_for_member"(uuid) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."lift_for_member"(uuid) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "private"."mark_begun"(public.sessions, public.messages, text, text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."mark_begun"(public.sessions, public.messages, text, text) TO "service_role";

REVOKE ALL ON FUNCTION "private"."may_call_model"(uuid) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."may_call_model"(uuid) TO "service_role";

REVOKE ALL ON FUNCTION "private"."may_redrive"(uuid) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."may_redrive"(uuid) TO "service_role";

REVOKE ALL ON FUNCTION "private"."next_rows"(public.sessions, integer, integer) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."next_rows"(public.sessions, integer, integer) TO "service_role";

REVOKE ALL ON FUNCTION "private"."patience"() FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."patience"() TO "service_role";

REVOKE ALL ON FUNCTION "private"."pause_after"(integer, interval, bigint) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."pause_after"(integer, interval, bigint) TO "service_role";

REVOKE ALL ON FUNCTION "private"."reason_not_to_send"(public.sessions, public.messages, text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."reason_not_to_send"(public.sessions, public.messages, text) TO "service_role";

REVOKE ALL ON FUNCTION "private"."redrive"(public.reply_batches) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."redrive"(public.reply_batches) TO "service_role";

REVOKE ALL ON FUNCTION "private"."redrive_for_member"(uuid) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."redrive_for_member"(uuid) TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "private"."replies_are_too_many"(uuid, public.assistants) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."replies_are_too_many"(uuid, public.assistants) TO "service_role";

REVOKE ALL ON FUNCTION "private"."return_send"(public.messages, integer) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."return_send"(public.messages, integer) TO "service_role";

REVOKE ALL ON FUNCTION "private"."second_look"() FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."second_look"() TO "service_role";

REVOKE ALL ON FUNCTION "private"."settle_send"(public.messages, integer, jsonb) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."settle_send"(public.messages, integer, jsonb) TO "service_role";

REVOKE ALL ON FUNCTION "private"."tell_delay"(public.sessions, public.reply_batches) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."tell_delay"(public.sessions, public.reply_batches) TO "service_role";

REVOKE ALL ON FUNCTION "private"."template_now"(public.sessions, public.messages) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."template_now"(public.sessions, public.messages) TO "service_role";

REVOKE ALL ON FUNCTION "public"."adopt_orphaned_messages"(text, integer) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "public"."adopt_orphaned_messages"(text, integer) TO "service_role";

REVOKE ALL ON FUNCTION "public"."begin_sweep"() FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "public"."begin_sweep"() TO "service_role";

REVOKE ALL ON FUNCTION "public"."claim_batch"(uuid, text, integer, integer, integer, integer) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "public"."claim_batch"(uuid, text, integer, integer, integer, integer) TO "service_role";

REVOKE ALL ON FUNCTION "public"."fail_batch"(uuid, text, uuid, jsonb, text, bigint, integer, jsonb) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "public"."fail_batch"(uuid, text, uuid, jsonb, text, bigint, integer, jsonb) TO "service_role";

REVOKE ALL ON FUNCTION "public"."finish_sweep"(bigint, jsonb, uuid[]) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "public"."finish_sweep"(bigint, jsonb, uuid[]) TO "service_role";

REVOKE ALL ON FUNCTION "public"."ingest_inbound_message"(jsonb, jsonb, timestamp with time zone) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "public"."ingest_inbound_message"(jsonb, jsonb, timestamp with time zone) TO "service_role";

REVOKE ALL ON FUNCTION "public"."lift_opt_out"(uuid) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "public"."lift_opt_out"(uuid) TO "authenticated";

GRANT EXECUTE ON FUNCTION "public"."lift_opt_out"(uuid) TO "service_role";

REVOKE ALL ON FUNCTION "public"."record_delivery_status"(text, text, text, uuid, integer, boolean) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "public"."record_delivery_status"(text, text, text, uuid, integer, boolean) TO "service_role";

REVOKE ALL ON FUNCTION "public"."recover_stalled"(integer, integer, timestamp with time zone) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "public"."recover_stalled"(integer, integer, timestamp with time zone) TO "service_role";

REVOKE ALL ON FUNCTION "public"."redrive_dead_letters"(uuid, text, integer, timestamp with time zone) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "public"."redrive_dead_letters"(uuid, text, integer, timestamp with time zone) TO "service_role";

REVOKE ALL ON FUNCTION "public"."sweep_housekeeping"(integer, integer) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "public"."sweep_housekeeping"(integer, integer) TO "service_role";

REVOKE ALL ("delay_message") ON TABLE "public"."assistants" FROM "authenticated";

GRANT UPDATE ("delay_message") ON TABLE "public"."assistants" TO "authenticated";

REVOKE ALL ("delay_notice_seconds") ON TABLE "public"."assistants" FROM "authenticated";

GRANT UPDATE ("delay_notice_seconds") ON TABLE "public"."assistants" TO "authenticated";

REVOKE ALL ("max_replies_per_hour") ON TABLE "public"."assistants" FROM "authenticated";

GRANT UPDATE ("max_replies_per_hour") ON TABLE "public"."assistants" TO "authenticated";

REVOKE ALL ("max_replies_per_minute") ON TABLE "public"."assistants" FROM "authenticated";

GRANT UPDATE ("max_replies_per_minute") ON TABLE "public"."assistants" TO "authenticated";

REVOKE ALL ("max_reply_parts") ON TABLE "public"."assistants" FROM "authenticated";

GRANT UPDATE ("max_reply_parts") ON TABLE "public"."assistants" TO "authenticated";

REVOKE ALL ON TABLE "public"."former_message_sids" FROM "service_role";

GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE "public"."former_message_sids" TO "service_role";

GRANT SELECT ON TABLE "private"."due_work" TO "service_role";

GRANT SELECT ON TABLE "private"."outbox_heads" TO "service_role";

GRANT DELETE, SELECT, UPDATE ON TABLE "private"."unfinished_sends" TO "service_role";

GRANT DELETE, SELECT, UPDATE ON TABLE "private"."waiting_rows" TO "service_role";
