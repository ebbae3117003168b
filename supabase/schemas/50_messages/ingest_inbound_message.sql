-- Stores one verified message of Twilio's. `p_params` are Twilio's parameters, whole; `p_content` is what the edge made
-- of them: kind, body, media. `p_received_at` is when it came, if that was before now. Locks the session, which covers its
-- conversation. Outcomes:
--   accepted   stored and queued          handoff    stored, a person answers
--   duplicate  the original's ids         opted_out  stored, the customer wants no replies
--   orphaned   kept apart: it is for no sender of ours
-- What a customer writes beyond the assistant's limit is stored and due later.
-- `lock_owner` is the live holder of the batch lock, read under the row lock: its release will see this message, so
-- the caller is done. Null: somebody has to respond, and nothing is claimed before `wait_ms` are over.
create function public.ingest_inbound_message(
  p_params jsonb,
  p_content jsonb default null,
  p_received_at timestamptz default null
)
returns table (
  outcome text, message_id uuid, session_id uuid, conversation_id uuid, lock_owner text, wait_ms integer
)
language plpgsql volatile set search_path = ''
as $$
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
$$;
