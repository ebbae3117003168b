-- The message and its queue row first, the session's lock after.
create or replace function public.ingest_inbound_message(
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
  v_session public.sessions;
  v_conversation_id uuid;
  v_message_id uuid;
begin
  insert into public.sessions (owner_id, sender, customer_address)
  select n.owner_id, n.address, p_params ->> 'From'
  from public.senders n
  where n.address = p_params ->> 'To'
  on conflict (owner_id, session_key) do nothing;
  select s.* into v_session
  from public.sessions s
  where s.sender = p_params ->> 'To' and s.customer_address = p_params ->> 'From';

  select c.id into v_conversation_id
  from public.conversations c
  where c.session_id = v_session.id and c.ended_at is null;
  if not found then
    v_conversation_id := (private.conversation_for_inbound(v_session, null, private.assistant_of(v_session.id))).id;
  end if;
  insert into public.messages
    (owner_id, session_id, conversation_id, direction, author, body, message_sid, metadata)
  values (
    v_session.owner_id, v_session.id, v_conversation_id, 'inbound', 'customer', p_params ->> 'Body',
    p_params ->> 'MessageSid', p_params
  )
  on conflict (message_sid) do nothing
  returning id into v_message_id;
  if not found then
    return query
      select 'duplicate', m.id, m.session_id, m.conversation_id, null::text, null::integer
      from public.messages m
      where m.message_sid = p_params ->> 'MessageSid';
    return;
  end if;
  insert into public.message_queue (message_id, message_sid, session_id, payload)
  values (v_message_id, p_params ->> 'MessageSid', v_session.id, '{}');

  update public.sessions s
  set last_inbound_at = clock_timestamp(), inbound_seq = s.inbound_seq + 1
  where s.id = v_session.id
  returning s.* into v_session;
  return query select
    'accepted', v_message_id, v_session.id, v_conversation_id,
    case when v_session.batch_lock_until > clock_timestamp() then v_session.batch_lock_id end, 0;
end;
$$;
