-- What an organization's people may do. They call the functions in public; the work is done in private, where membership
-- is checked first.

-- True for our own functions and for whoever administers the database; false for people who signed in.
create function private.is_machine()
returns boolean
language sql stable set search_path = ''
as $$
  select case coalesce(nullif(current_setting('role', true), ''), 'none')
    when 'none' then session_user in ('postgres', 'service_role', 'supabase_admin')
    else current_setting('role', true) in ('postgres', 'service_role')
  end;
$$;

-- The owners in which the person who is signed in has one of these roles.
create function private.my_owners(variadic p_roles text[] default array['admin', 'agent', 'user'])
returns setof uuid
language sql stable security definer set search_path = ''
as $$
  select u.owner_id
  from public.users u
  join public.owners o on o.id = u.owner_id
  where u.auth_id = auth.uid() and u.active and o.active and u.role = any (p_roles);
$$;

-- Who acts, as history shows it. PT403 unless it is a machine of ours or a person with one of these roles.
create function private.require_role(p_owner_id uuid, variadic p_roles text[])
returns text
language plpgsql stable set search_path = ''
as $$
begin
  if private.is_machine() then
    return 'machine';
  end if;
  if p_owner_id is null or p_owner_id not in (select private.my_owners(variadic p_roles)) then
    raise exception using errcode = 'PT403', message = 'This takes a role that you do not have here.';
  end if;
  return 'user:' || auth.uid();
end;
$$;

-- Moves a conversation on a person's behalf, whatever its version: the session's row lock is held while it is read.
create function private.move_for_member(p_conversation_id uuid, p_to_status text, p_reason text)
returns public.conversations
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_conversation public.conversations;
  v_actor text;
begin
  select c.* into v_conversation from public.conversations c where c.id = p_conversation_id;
  v_actor := private.require_role(v_conversation.owner_id, 'admin', 'agent');
  if v_conversation.id is null then
    raise exception using errcode = 'PT404', message = 'There is no such conversation.';
  end if;
  perform from public.sessions s where s.id = v_conversation.session_id for no key update;
  select c.* into v_conversation from public.conversations c where c.id = p_conversation_id for no key update;
  return private.move_conversation(v_conversation, p_to_status, v_actor, p_reason);
end;
$$;

-- A person answers from now on: the assistant stays silent, and its reply under way is not sent unless its POST has begun.
create function public.take_over_conversation(p_conversation_id uuid, p_reason text default null)
returns public.conversations
language sql volatile set search_path = ''
as $$
  select private.move_for_member(p_conversation_id, 'human_handoff', p_reason);
$$;

-- The assistant answers again, from the next message on.
create function public.hand_back_conversation(p_conversation_id uuid, p_reason text default null)
returns public.conversations
language sql volatile set search_path = ''
as $$
  select private.move_for_member(p_conversation_id, 'progress', p_reason);
$$;

-- Ends a conversation; the customer's next message opens another.
create function public.close_conversation(
  p_conversation_id uuid,
  p_status text default 'agent_closed',
  p_reason text default null
)
returns public.conversations
language plpgsql volatile set search_path = ''
as $$
begin
  if p_status not in ('agent_closed', 'user_closed', 'support_closed') then
    raise exception using errcode = 'PT422', message = 'A person closes as agent_closed, user_closed or support_closed.';
  end if;
  return private.move_for_member(p_conversation_id, p_status, p_reason);
end;
$$;

-- Writes a person's message into the outbox, where it is sent in its turn like the assistant's. Locks the session, then
-- the conversation. PT422 outside the 24 h window, after an opt-out, and in a conversation that is over.
create function private.write_operator_message(p_conversation_id uuid, p_body text)
returns uuid
language plpgsql volatile security definer set search_path = ''
as $$
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
  v_message.metadata := jsonb_build_object('written_by', v_actor);
  if private.reason_not_to_send(v_session, v_message) is not null then
    raise exception using
      errcode = 'PT422',
      message = format('It cannot be sent: %s.', private.reason_not_to_send(v_session, v_message));
  end if;

  update public.conversations c set updated_at = clock_timestamp() where c.id = p_conversation_id;
  insert into public.messages
    (owner_id, session_id, conversation_id, direction, author, body, metadata, delivery_status)
  values (
    v_session.owner_id, v_session.id, p_conversation_id, 'outbound', 'operator', p_body, v_message.metadata, 'pending'
  )
  returning * into v_message;
  perform private.call_sweep();
  return v_message.id;
end;
$$;

-- A person's message to the customer; returns its id. It leaves with the next sweep, which is called at once where the
-- schedule is set up.
create function public.send_operator_message(p_conversation_id uuid, p_body text)
returns uuid
language sql volatile set search_path = ''
as $$
  select private.write_operator_message(p_conversation_id, p_body);
$$;

-- Tries the messages of a dead letter again, their attempts forgotten: an operator's deliberate second reply. Locks the
-- session, then the queue. Returns how many wait now; PT404 when the batch has no dead messages.
create function private.redrive(p_batch_id uuid)
returns integer
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_batch public.reply_batches;
  v_redriven integer;
begin
  select b.* into v_batch from public.reply_batches b where b.id = p_batch_id;
  perform private.require_role(v_batch.owner_id, 'admin', 'agent');
  perform from public.sessions s where s.id = v_batch.session_id for no key update;
  update public.conversations c set context = c.context - 'dead_letter' where c.id = v_batch.conversation_id;
  update public.message_queue q
  set status = 'pending', attempts = 0, batch_id = null, superseded = false, available_at = clock_timestamp()
  where q.batch_id = p_batch_id and q.status = 'dead' and q.session_id = v_batch.session_id;
  get diagnostics v_redriven = row_count;
  if v_redriven = 0 then
    raise exception using errcode = 'PT404', message = 'There is no such dead letter.';
  end if;
  perform private.call_sweep();
  return v_redriven;
end;
$$;

create function public.redrive_dead_letter(p_batch_id uuid)
returns integer
language sql volatile set search_path = ''
as $$
  select private.redrive(p_batch_id);
$$;
