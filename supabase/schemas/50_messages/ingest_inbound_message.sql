-- Stores one verified message of Twilio's. `p_params` are Twilio's parameters, whole; `p_content` is what the edge made
-- of them: kind, body, media. Locks the session, then its conversation. Outcomes:
--   accepted   stored and queued          handoff    stored, a person answers
--   duplicate  the original's ids         opted_out  stored, the customer wants no replies
--   orphaned   kept apart: it is for no sender of ours
-- What a customer writes beyond the assistant's limit is stored and due later.
-- `lock_owner` is the live holder of the batch lock, read under the row lock: its release will see this message, so
-- the caller is done. Null: somebody has to respond.
create function public.ingest_inbound_message(p_params jsonb, p_content jsonb default null)
returns table (outcome text, message_id uuid, session_id uuid, conversation_id uuid, lock_owner text)
language plpgsql volatile set search_path = ''
as $$
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
$$;
