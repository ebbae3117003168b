-- Stops before anything changed where somebody else has a name of ours.
do $guard$
declare
  v_relations constant text[] := array[
      'sweep_runs_at_work'
  ];
  v_taken text;
begin
  select string_agg(t.name, ', ' order by t.name) into v_taken
  from (
    select case
        when c.relkind in ('v', 'm') then 'view'
        when c.relkind in ('i', 'I') then 'index'
        when c.relkind = 'S' then 'sequence'
        when c.relkind = 'c' then 'type'
        else 'table'
      end || ' public.' || c.relname
    from pg_class c
    where c.relnamespace = 'public'::regnamespace and c.relname = any (v_relations)
    union all
    select 'type public.' || t.typname from pg_type t
    where t.typnamespace = 'public'::regnamespace and t.typname = any (v_relations)
      and not exists (select from pg_class c where c.reltype = t.oid)
    union all
    select distinct 'function public.' || p.proname from pg_proc p
    where p.pronamespace = 'public'::regnamespace and p.proname = any (array[
      'explain_sweep'
    ])
  ) t (name);
  if v_taken is not null then
    raise exception using
      errcode = 'duplicate_object',
      message = format(
        'Recado stops before it changed anything, because names that it needs are taken: rename %s, or give Recado a Supabase project of its own.',
        v_taken
      );
  end if;
end;
$guard$;

set local check_function_bodies = off;

REVOKE ALL ON FUNCTION "public"."adopt_orphaned_messages"(text, integer) FROM "anon";

REVOKE ALL ON FUNCTION "public"."adopt_orphaned_messages"(text, integer) FROM "authenticated";

REVOKE ALL ON FUNCTION "public"."claim_batch"(uuid, text, integer, integer, integer, integer) FROM "anon";

REVOKE ALL ON FUNCTION "public"."claim_batch"(uuid, text, integer, integer, integer, integer) FROM "authenticated";

REVOKE ALL ON FUNCTION "public"."fail_batch"(uuid, text, uuid, jsonb, text, bigint, integer, jsonb) FROM "anon";

REVOKE ALL ON FUNCTION "public"."fail_batch"(uuid, text, uuid, jsonb, text, bigint, integer, jsonb) FROM "authenticated";

REVOKE ALL ON FUNCTION "public"."ingest_inbound_message"(jsonb, jsonb, timestamp with time zone) FROM "anon";

REVOKE ALL ON FUNCTION "public"."ingest_inbound_message"(jsonb, jsonb, timestamp with time zone) FROM "authenticated";

REVOKE ALL ON FUNCTION "public"."lift_opt_out"(uuid) FROM "anon";

REVOKE ALL ON FUNCTION "public"."record_delivery_status"(text, text, text, uuid, integer, boolean) FROM "anon";

REVOKE ALL ON FUNCTION "public"."record_delivery_status"(text, text, text, uuid, integer, boolean) FROM "authenticated";

REVOKE ALL ON FUNCTION "public"."recover_stalled"(integer, integer, timestamp with time zone) FROM "anon";

REVOKE ALL ON FUNCTION "public"."recover_stalled"(integer, integer, timestamp with time zone) FROM "authenticated";

REVOKE ALL ON FUNCTION "public"."redrive_dead_letters"(uuid, text, integer, timestamp with time zone) FROM "anon";

REVOKE ALL ON FUNCTION "public"."redrive_dead_letters"(uuid, text, integer, timestamp with time zone) FROM "authenticated";

REVOKE ALL ON FUNCTION "public"."sweep_housekeeping"(integer, integer) FROM "anon";

REVOKE ALL ON FUNCTION "public"."sweep_housekeeping"(integer, integer) FROM "authenticated";

REVOKE ALL ON TABLE "public"."former_message_sids" FROM "anon";

REVOKE ALL ON TABLE "public"."former_message_sids" FROM "authenticated";

DROP VIEW "public"."sweep_health";

DROP FUNCTION "public"."begin_sweep"();

DROP FUNCTION "public"."finish_sweep"(bigint, jsonb, uuid[]);

CREATE TABLE "private"."sweep_calls" ("request_id" bigint NOT NULL, "called_at" timestamp with time zone NOT NULL DEFAULT clock_timestamp(), CONSTRAINT "sweep_calls_pkey" PRIMARY KEY (request_id));

ALTER TABLE "public"."sweep_runs" ADD COLUMN "works_until" timestamp with time zone NOT NULL DEFAULT clock_timestamp();

ALTER TABLE "public"."sweep_runs" ADD COLUMN "asked_again_at" timestamp with time zone;

CREATE OR REPLACE FUNCTION private.call_sweep()
 RETURNS bigint
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_url constant text := private.vault_secret('recado_sweep_url');
  v_key constant text := private.vault_secret('recado_internal_api_key');
  v_request_id bigint;
begin
  if v_url is null or v_key is null then
    raise notice 'The sweep is not called: the Vault has no recado_sweep_url or no recado_internal_api_key.';
    return null;
  end if;
  if to_regprocedure('net.http_post(text, jsonb, jsonb, jsonb, integer)') is null then
    raise notice 'The sweep is not called: there is no pg_net.';
    return null;
  end if;
  execute format(
    'select %I.http_post(url := $1, headers := $2, body := ''{}''::jsonb, timeout_milliseconds := 5000)', 'net'
  )
  into v_request_id
  using v_url, jsonb_build_object('Content-Type', 'application/json', 'x-internal-api-key', v_key);
  insert into private.sweep_calls (request_id) values (v_request_id)
  on conflict (request_id) do update set called_at = excluded.called_at;
  return v_request_id;
exception
  -- How pg_net refuses where the server does not preload it, and so has no worker.
  when internal_error then
    raise notice 'The sweep is not called: %', sqlerrm;
    return null;
end;
$function$;

CREATE OR REPLACE FUNCTION private.clear_cron_runs()
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_cleared integer := 0;
begin
  if to_regclass('cron.job_run_details') is not null then
    execute format(
      'with ours as (
         select d.runid, coalesce(d.end_time, d.start_time) as at
         from %1$I.job_run_details d
         left join %1$I.job j on j.jobid = d.jobid
         where j.jobname = ''recado-sweep'' or (j.jobid is null and d.command = ''select private.call_sweep()'')
       ),
       old as (
         select o.runid from ours o
         where o.at < clock_timestamp() - interval ''7 days''
           or (o.at is null and o.runid < (
             select max(n.runid) from ours n where n.at < clock_timestamp() - interval ''7 days''
           ))
       )
       delete from %1$I.job_run_details d using old where d.runid = old.runid',
      'cron'
    );
    get diagnostics v_cleared = row_count;
  end if;
  return v_cleared;
end;
$function$;

CREATE OR REPLACE FUNCTION private.explain_sweep(p_is_dead boolean, p_last_started_at timestamp with time zone, p_last_finished_at timestamp with time zone)
 RETURNS TABLE(reason text, detail text)
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  if not p_is_dead and not exists (select from pg_catalog.pg_extension e where e.extname = 'pg_cron') then
    return;
  end if;
  return query
  select s.reason, s.detail from private.find_schedule_faults() s
  union all
  select s.reason, s.detail from private.find_secret_faults() s
  union all
  select a.reason, a.detail from private.find_answer_faults() a;

  if not p_is_dead then
    return;
  elsif p_last_started_at > clock_timestamp() - interval '10 minutes' then
    return query select 'runs_unfinished', format('Runs begin, the last one at %s, and do not finish.', p_last_started_at);
  elsif p_last_finished_at is null then
    return query select 'never_ran', 'The sweep has never finished a run.';
  else
    return query select 'last_run_old', format('The sweep last finished a run at %s.', p_last_finished_at);
  end if;
end;
$function$;

CREATE OR REPLACE FUNCTION private.explain_sweep_for_member()
 RETURNS TABLE(reason text, detail text)
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  if not private.is_machine() and not exists (select from private.my_owners('admin')) then
    raise exception using errcode = 'PT403', message = 'This takes a role that you do not have here.';
  end if;
  return query
  select r.reason, r.detail
  from public.sweep_health h
  cross join jsonb_to_recordset(h.reasons) as r (reason text, detail text);
end;
$function$;

CREATE OR REPLACE FUNCTION private.find_answer_faults()
 RETURNS TABLE(reason text, detail text)
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
declare
  v_called_at timestamptz;
  v_status integer;
  v_timed_out boolean;
  v_error text;
begin
  if to_regclass('net._http_response') is null or not has_table_privilege('net._http_response', 'select') then
    return;
  end if;
  execute format(
    'select c.called_at, r.status_code, r.timed_out, r.error_msg
     from private.sweep_calls c
     join %I._http_response r on r.id = c.request_id and r.created > c.called_at - interval ''1 minute''
     order by c.called_at desc limit 1',
    'net'
  ) into v_called_at, v_status, v_timed_out, v_error;

  if v_timed_out or (v_status is null and v_error ilike 'timeout%') then
    return query select 'call_timed_out', private.without_secrets(v_error);
  elsif v_called_at is not null and v_status is null then
    return query select 'call_failed', private.without_secrets(v_error);
  elsif v_status in (401, 403) then
    return query select 'key_refused', format('The sweep answered %s.', v_status);
  elsif v_status = 404 then
    return query select 'function_missing', 'The address answered 404.';
  elsif v_status not between 200 and 299 then
    return query select 'function_failed', format('The sweep answered %s.', v_status);
  end if;
  if exists (
    select from private.sweep_calls c
    where c.called_at > coalesce(v_called_at, '-infinity')
      and c.called_at between clock_timestamp() - interval '1 hour' and clock_timestamp() - interval '2 minutes'
  ) then
    return query select 'call_unanswered', 'pg_net has had calls of the sweep for more than two minutes.';
  end if;
end;
$function$;

CREATE OR REPLACE FUNCTION private.find_schedule_faults()
 RETURNS TABLE(reason text, detail text)
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
declare
  v_failure text;
begin
  if not exists (select from pg_catalog.pg_extension e where e.extname = 'pg_cron') then
    return query select 'pg_cron_absent', 'This database has no pg_cron, and nothing else calls the sweep.';
  elsif not exists (select from private.sweep_schedule()) then
    return query select 'schedule_off', 'pg_cron has no active job recado-sweep.';
  else
    execute format(
      'select case d.status when ''failed'' then d.return_message end
       from %1$I.job_run_details d join %1$I.job j on j.jobid = d.jobid
       where j.jobname = ''recado-sweep'' and d.status in (''succeeded'', ''failed'')
       order by d.runid desc limit 1',
      'cron'
    ) into v_failure;
    if v_failure is not null then
      return query select 'schedule_failed', private.without_secrets(split_part(v_failure, E'\n', 1));
    end if;
  end if;
  if to_regprocedure('net.http_post(text, jsonb, jsonb, jsonb, integer)') is null then
    return query select 'pg_net_absent', 'This database has no pg_net to call the sweep with.';
  end if;
end;
$function$;

CREATE OR REPLACE FUNCTION private.find_secret_faults()
 RETURNS TABLE(reason text, detail text)
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
declare
  v_url constant text := private.vault_secret('recado_sweep_url');
  v_key constant text := private.vault_secret('recado_internal_api_key');
begin
  if to_regclass('vault.decrypted_secrets') is null then
    return query select 'vault_absent', 'This database has no Vault, where address and key of the sweep are kept.';
    return;
  end if;
  if v_url is null then
    return query select 'url_missing', 'The Vault has no secret recado_sweep_url.';
  elsif v_url ~ '[<>]' then
    return query select 'url_malformed', 'The secret recado_sweep_url has a <placeholder> left in it.';
  elsif v_url !~ '^https?://[^\s/?#]+([/?#]\S*)?$' then
    return query select 'url_malformed', 'The secret recado_sweep_url is not an address that begins with https://.';
  end if;
  if v_key is null then
    return query select 'key_missing', 'The Vault has no secret recado_internal_api_key.';
  elsif v_key ~ '[<>\s]' then
    return query select 'key_malformed', 'The secret recado_internal_api_key has a <placeholder> or blanks in it.';
  elsif char_length(v_key) < 16 then
    return query select 'key_malformed', 'The secret recado_internal_api_key is shorter than 16 characters.';
  end if;
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
  perform private.wake_sweep();
  return v_redriven;
end;
$function$;

CREATE OR REPLACE FUNCTION private.wake_sweep()
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  perform private.call_sweep();
exception
  when others then
    raise warning 'The sweep could not be called (%): sweep_health says why.', sqlstate;
end;
$function$;

CREATE OR REPLACE FUNCTION private.without_secrets(p_text text)
 RETURNS text
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  select replace(
    replace(p_text, coalesce(private.vault_secret('recado_sweep_url'), ''), '<recado_sweep_url>'),
    coalesce(private.vault_secret('recado_internal_api_key'), ''), '<recado_internal_api_key>'
  );
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
  perform private.wake_sweep();
  return v_message.id;
end;
$function$;

CREATE OR REPLACE FUNCTION public.begin_sweep(p_budget_ms integer DEFAULT 20000)
 RETURNS TABLE(run_id bigint, late_seconds numeric, started_at timestamp with time zone)
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
#variable_conflict use_column
begin
  perform pg_advisory_xact_lock(hashtext('recado.begin_sweep'));
  update public.sweep_runs r
  set asked_again_at = clock_timestamp()
  where r.finished_at is null and r.works_until > clock_timestamp();
  if found then
    return;
  end if;
  return query
    insert into public.sweep_runs as r (late_seconds, works_until)
    select
      coalesce(round(extract(epoch from clock_timestamp() - min(o.oldest_due_at)), 3), 0),
      clock_timestamp() + make_interval(secs => p_budget_ms / 1000.0)
    from private.overdue() o
    returning r.id, r.late_seconds, r.started_at;
end;
$function$;

REVOKE ALL ON FUNCTION "public"."begin_sweep"(integer) FROM "anon";

REVOKE ALL ON FUNCTION "public"."begin_sweep"(integer) FROM "authenticated";

CREATE OR REPLACE FUNCTION public.explain_sweep()
 RETURNS TABLE(reason text, detail text)
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  select e.reason, e.detail from private.explain_sweep_for_member() e;
$function$;

REVOKE ALL ON FUNCTION "public"."explain_sweep"() FROM "anon";

CREATE OR REPLACE FUNCTION public.finish_sweep(p_run_id bigint, p_counts jsonb, p_looked_at timestamp with time zone DEFAULT NULL::timestamp with time zone, p_untried uuid[] DEFAULT '{}'::uuid[])
 RETURNS timestamp with time zone
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_run public.sweep_runs;
begin
  select r.* into v_run from public.sweep_runs r where r.id = p_run_id for no key update;
  update public.sessions s set swept_at = null where s.id = any (p_untried);
  if v_run.asked_again_at > p_looked_at and v_run.works_until > clock_timestamp() then
    return clock_timestamp();
  end if;
  update public.sweep_runs r set finished_at = clock_timestamp(), counts = p_counts where r.id = p_run_id;
  return null;
end;
$function$;

REVOKE ALL ON FUNCTION "public"."finish_sweep"(bigint, jsonb, timestamp with time zone, uuid[]) FROM "anon";

REVOKE ALL ON FUNCTION "public"."finish_sweep"(bigint, jsonb, timestamp with time zone, uuid[]) FROM "authenticated";

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
    perform private.wake_sweep();
  end if;
  return next;
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
  delete from private.sweep_calls c where c.called_at < clock_timestamp() - interval '1 day';
  cron_runs := private.clear_cron_runs();
  return next;
end;
$function$;

CREATE VIEW "public"."sweep_health" WITH (security_invoker=true) AS  SELECT r.last_started_at,
    r.last_finished_at,
    s.schedule,
    s.last_fired_at,
    o.overdue_messages,
    o.overdue_conversations,
    o.overdue_sends,
    o.late_seconds,
    d.is_dead,
    e.reasons
   FROM ((((( SELECT max(sweep_runs.started_at) AS last_started_at,
            max(sweep_runs.finished_at) AS last_finished_at
           FROM public.sweep_runs) r
     CROSS JOIN ( SELECT COALESCE(sum(overdue.due) FILTER (WHERE (overdue.kind = 'messages'::text)), (0)::numeric) AS overdue_messages,
            COALESCE(sum(overdue.due) FILTER (WHERE (overdue.kind = 'conversations'::text)), (0)::numeric) AS overdue_conversations,
            COALESCE(sum(overdue.due) FILTER (WHERE (overdue.kind = 'sends'::text)), (0)::numeric) AS overdue_sends,
            COALESCE(round(EXTRACT(epoch FROM (clock_timestamp() - min(overdue.oldest_due_at))), 3), (0)::numeric) AS late_seconds
           FROM private.overdue() overdue(kind, due, oldest_due_at)) o)
     LEFT JOIN private.sweep_schedule() s(schedule, last_fired_at) ON (true))
     CROSS JOIN LATERAL ( SELECT COALESCE((r.last_finished_at < (clock_timestamp() - GREATEST('00:03:00'::interval, ((3)::double precision * private.schedule_interval(s.schedule))))), true) AS is_dead) d)
     CROSS JOIN LATERAL ( SELECT COALESCE(jsonb_agg(jsonb_build_object('reason', w.reason, 'detail', w.detail)), '[]'::jsonb) AS reasons
           FROM private.explain_sweep(d.is_dead, r.last_started_at, r.last_finished_at) w(reason, detail)) e);

REVOKE ALL ON TABLE "public"."sweep_health" FROM "anon";

REVOKE ALL ON TABLE "public"."sweep_health" FROM "authenticated";

CREATE INDEX sweep_runs_at_work ON public.sweep_runs USING btree (works_until) WHERE (finished_at IS NULL);

REVOKE ALL ON FUNCTION "private"."explain_sweep"(boolean, timestamp with time zone, timestamp with time zone) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."explain_sweep"(boolean, timestamp with time zone, timestamp with time zone) TO "service_role";

REVOKE ALL ON FUNCTION "private"."explain_sweep_for_member"() FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."explain_sweep_for_member"() TO "authenticated", "service_role";

REVOKE ALL ON FUNCTION "private"."find_answer_faults"() FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."find_answer_faults"() TO "service_role";

REVOKE ALL ON FUNCTION "private"."find_schedule_faults"() FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."find_schedule_faults"() TO "service_role";

REVOKE ALL ON FUNCTION "private"."find_secret_faults"() FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."find_secret_faults"() TO "service_role";

REVOKE ALL ON FUNCTION "private"."wake_sweep"() FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."wake_sweep"() TO "service_role";

REVOKE ALL ON FUNCTION "private"."without_secrets"(text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "private"."without_secrets"(text) TO "service_role";

REVOKE ALL ON FUNCTION "public"."begin_sweep"(integer) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "public"."begin_sweep"(integer) TO "service_role";

REVOKE ALL ON FUNCTION "public"."explain_sweep"() FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "public"."explain_sweep"() TO "authenticated";

GRANT EXECUTE ON FUNCTION "public"."explain_sweep"() TO "service_role";

REVOKE ALL ON FUNCTION "public"."finish_sweep"(bigint, jsonb, timestamp with time zone, uuid[]) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION "public"."finish_sweep"(bigint, jsonb, timestamp with time zone, uuid[]) TO "service_role";

GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE "private"."sweep_calls" TO "service_role";

REVOKE ALL ON TABLE "public"."sweep_health" FROM "service_role";

GRANT SELECT ON TABLE "public"."sweep_health" TO "service_role";
