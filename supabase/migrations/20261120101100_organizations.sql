-- Organizations and what their people may do. Members call the functions in public; the work is done in private, where
-- membership is checked first.

-- The owner with everything it needs to answer its first message, or nothing at all. PT409 with the message
-- `organization_exists`, `account_taken` or `sender_taken` says whose value is used already.
create function public.register_organization(
  p_name text,
  p_email text,
  p_user_name text,
  p_account_sid text,
  p_auth_token_encrypted text,
  p_sender text,
  p_assistant jsonb default '{}'
)
returns table (owner_id uuid, user_id uuid, assistant_id uuid, twilio_account_id uuid)
language plpgsql volatile set search_path = ''
as $$
#variable_conflict use_column
declare
  v_owner_id uuid;
  v_user_id uuid;
  v_assistant_id uuid;
  v_account_id uuid;
begin
  insert into public.owners (name, email)
  values (p_name, lower(btrim(p_email)))
  on conflict (email) do nothing
  returning id into v_owner_id;
  if v_owner_id is null then
    raise exception using errcode = 'PT409', message = 'organization_exists';
  end if;

  insert into public.users (owner_id, name, email, role)
  values (v_owner_id, p_user_name, lower(btrim(p_email)), 'admin')
  returning id into v_user_id;
  perform private.tie_auth_user(lower(btrim(p_email)));

  insert into public.assistants (owner_id, name, instructions, locale)
  values (
    v_owner_id,
    coalesce(p_assistant ->> 'name', p_name),
    coalesce(p_assistant ->> 'instructions', ''),
    coalesce(p_assistant ->> 'locale', 'pt-BR')
  )
  returning id into v_assistant_id;

  insert into public.twilio_accounts (owner_id, account_sid, auth_token_encrypted)
  values (v_owner_id, p_account_sid, p_auth_token_encrypted)
  on conflict (account_sid) do nothing
  returning id into v_account_id;
  if v_account_id is null then
    raise exception using errcode = 'PT409', message = 'account_taken';
  end if;

  insert into public.senders (address, owner_id, twilio_account_id, assistant_id)
  values (p_sender, v_owner_id, v_account_id, v_assistant_id)
  on conflict (address) do nothing;
  if not found then
    raise exception using errcode = 'PT409', message = 'sender_taken';
  end if;

  return query select v_owner_id, v_user_id, v_assistant_id, v_account_id;
end;
$$;

-- Ties people to their Supabase Auth user once its e-mail is verified. Nothing is tied twice. A password that was set before
-- that may be a stranger's, who signed up with this e-mail: it is forgotten.
create function private.tie_auth_user(p_email text)
returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
  if to_regclass('auth.users') is null then
    return;
  end if;
  execute
    'with tied as (
       update public.users u
       set auth_id = a.id
       from auth.users a
       where u.email = $1 and u.auth_id is null and lower(a.email) = $1 and a.email_confirmed_at is not null
       returning a.id
     )
     update auth.users a
     set encrypted_password = null
     where a.id in (select t.id from tied t) and a.encrypted_password is not null'
  using p_email;
end;
$$;

create function private.on_auth_user()
returns trigger
language plpgsql volatile security definer set search_path = ''
as $$
begin
  perform private.tie_auth_user(lower(new.email));
  return new;
end;
$$;

create function private.on_auth_user_deleted()
returns trigger
language plpgsql volatile security definer set search_path = ''
as $$
begin
  update public.users u set auth_id = null where u.auth_id = old.id;
  return old;
end;
$$;

do $$
begin
  if to_regclass('auth.users') is not null then
    create trigger recado_ties_users after insert or update on auth.users
      for each row execute function private.on_auth_user();
    create trigger recado_unties_users after delete on auth.users
      for each row execute function private.on_auth_user_deleted();
  end if;
end;
$$;

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

-- Takes up orphaned messages whose sender exists by now, oldest first, through the same ingest as any other; those that
-- still have none stay. Returns how many were taken up.
create function public.adopt_orphaned_messages(p_sender text)
returns integer
language plpgsql volatile set search_path = ''
as $$
declare
  v_orphan public.orphaned_messages;
  v_last_inbound_at timestamptz;
  v_session_id uuid;
  v_outcome text;
  v_adopted integer := 0;
begin
  for v_orphan in
    select o.*
    from public.orphaned_messages o
    where o.to_address = p_sender and o.resolved_at is null
    order by o.received_at, o.id
    for update
  loop
    select s.last_inbound_at into v_last_inbound_at
    from public.sessions s
    where s.sender = p_sender and s.customer_address = v_orphan.from_address;
    select i.outcome, i.session_id into v_outcome, v_session_id
    from public.ingest_inbound_message(v_orphan.params, v_orphan.content) i;
    if v_outcome <> 'orphaned' then
      -- The 24 h window is counted from when the customer wrote, not from now.
      update public.sessions s
      set last_inbound_at = greatest(v_last_inbound_at, v_orphan.received_at)
      where s.id = v_session_id;
      update public.orphaned_messages o set resolved_at = clock_timestamp() where o.id = v_orphan.id;
      v_adopted := v_adopted + 1;
    end if;
  end loop;
  return v_adopted;
end;
$$;
