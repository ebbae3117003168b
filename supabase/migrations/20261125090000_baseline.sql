-- Made from supabase/schemas, where it is read and edited. This is history: what comes later is a migration of its own.

-- Stops before anything changed where somebody else has a name of ours.
do $guard$
declare
  v_relations constant text[] := array[
      'account_sid_is_unique', 'assistant_belongs_to_owner', 'assistants', 'assistants_pkey',
      'conversation_state_history', 'conversation_state_history_by_owner',
      'conversation_state_history_id_seq', 'conversation_state_history_pkey', 'conversations',
      'conversations_by_owner', 'conversations_by_session', 'conversations_by_sweep_at',
      'conversations_pkey', 'former_message_sids', 'former_message_sids_by_message',
      'former_message_sids_pkey', 'message_queue', 'message_queue_by_session',
      'message_queue_id_seq', 'message_queue_pkey', 'message_sid_is_unique', 'messages',
      'messages_by_conversation', 'messages_by_place', 'messages_by_session', 'messages_pkey',
      'messages_seq_seq', 'messages_unconfirmed', 'model_calls', 'model_calls_pkey',
      'orphaned_message_sid_is_unique', 'orphaned_messages', 'orphaned_messages_by_account',
      'orphaned_messages_pkey', 'orphaned_messages_unresolved', 'owner_email_is_unique', 'owners',
      'owners_pkey', 'reply_batches', 'reply_batches_by_conversation', 'reply_batches_by_owner',
      'reply_batches_by_session', 'reply_batches_pkey', 'reply_has_one_message_per_position',
      'senders', 'senders_by_account', 'senders_by_assistant', 'senders_pkey',
      'session_has_one_claimed_batch', 'session_has_one_open_conversation',
      'session_key_is_unique_per_owner', 'sessions', 'sessions_by_sender', 'sessions_pkey',
      'sweep_health', 'sweep_positions', 'sweep_positions_pkey', 'sweep_runs', 'sweep_runs_by_start',
      'sweep_runs_id_seq', 'sweep_runs_pkey', 'twilio_account_belongs_to_owner', 'twilio_accounts',
      'twilio_accounts_pkey', 'user_email_is_unique_per_owner', 'users', 'users_by_auth_id',
      'users_pkey', 'version_is_reached_once'
  ];
  v_taken text;
begin
  select string_agg(t.name, ', ' order by t.name) into v_taken
  from (
    select 'schema ' || n.nspname from pg_namespace n
    where n.nspname = any (array[
      'private'
    ])
    union all
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
      'acquire_batch_lock', 'adopt_orphaned_messages', 'begin_send', 'begin_sweep', 'claim_batch',
      'close_conversation', 'complete_batch', 'explain_sweep', 'extend_batch_lock', 'fail_batch',
      'finish_sweep', 'hand_back_batch', 'hand_back_conversation', 'ingest_inbound_message',
      'known_message_sids', 'lift_opt_out', 'record_delivery_status', 'record_send',
      'recover_stalled', 'redrive_dead_letter', 'redrive_dead_letters', 'register_organization',
      'release_batch_lock', 'schedule_sweep', 'send_operator_message', 'sweep_conversations',
      'sweep_housekeeping', 'take_over_conversation', 'transition_conversation'
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

-- As pg_dump does: what a function refers to may come after it.
set check_function_bodies = off;

-- What PostgREST must not expose lives here.
create schema private;

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

-- Who Recado works for.
create table public.owners (
  id uuid primary key default gen_random_uuid(),
  name text not null,
  email text not null,
  active boolean not null default true,
  daily_model_calls integer,
  created_at timestamptz not null default clock_timestamp(),
  constraint owner_email_is_unique unique (email),
  constraint owner_email_is_lower_case check (email = lower(email)),
  constraint owner_name_is_not_blank check (btrim(name) <> '')
);

comment on table public.owners is 'The tenant: an organization.';
comment on column public.owners.daily_model_calls is 'Model calls a day (UTC); what comes after waits until the next day. Null: no cap.';

-- Who may do what. Machines act as service_role; nobody else is granted anything here that is not named.

alter table public.owners enable row level security;

create policy members_see_their_owner on public.owners
  for select to authenticated using (id in (select private.my_owners()));

create table public.assistants (
  id uuid primary key default gen_random_uuid(),
  owner_id uuid not null references public.owners (id) on delete cascade,
  name text not null,
  instructions text not null default '',
  model text,
  locale text not null default 'pt-BR',
  quiet_window_ms integer not null default 4000,
  max_wait_ms integer not null default 20000,
  overlap text not null default 'append',
  idle_minutes integer not null default 60,
  expiry_minutes integer not null default 1440,
  pending_expiry_minutes integer not null default 2880,
  idle_message text,
  fallback_message text,
  content_sid text,
  max_inbound_per_minute integer not null default 1200,
  enabled_tools text[] not null default '{}',
  created_at timestamptz not null default clock_timestamp(),
  constraint assistant_belongs_to_owner unique (owner_id, id),
  constraint quiet_window_is_within_max_wait check (quiet_window_ms between 0 and max_wait_ms),
  constraint max_wait_is_at_most_two_minutes check (max_wait_ms <= 120000),
  constraint overlap_is_known check (overlap in ('append', 'supersede')),
  constraint lifetimes_are_positive check (least(idle_minutes, expiry_minutes, pending_expiry_minutes) > 0),
  constraint inbound_limit_is_positive check (max_inbound_per_minute > 0),
  constraint content_sid_is_a_template check (content_sid ~ '^HX[0-9a-fA-F]{32}$')
);

comment on column public.assistants.max_inbound_per_minute is
  'Of one customer. What comes beyond it is stored, and answered once the minute is over.';
comment on column public.assistants.content_sid is 'The approved template that is sent once the 24 h window has closed.';

alter table public.assistants enable row level security;

create policy members_see_assistants on public.assistants
  for select to authenticated using (owner_id in (select private.my_owners()));
create policy admins_change_assistants on public.assistants
  for update to authenticated
  using (owner_id in (select private.my_owners('admin')))
  with check (owner_id in (select private.my_owners('admin')));

-- Model calls an owner has had on one day. Locked last of all, for a moment.
create table public.model_calls (
  owner_id uuid not null references public.owners (id) on delete cascade,
  day date not null,
  calls integer not null default 0,
  primary key (owner_id, day)
);

alter table public.model_calls enable row level security;

create policy admins_see_usage on public.model_calls
  for select to authenticated using (owner_id in (select private.my_owners('admin')));

-- Organizations: registered whole or not at all, their people tied to those who sign in, their orphaned messages adopted.

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

create table public.twilio_accounts (
  id uuid primary key default gen_random_uuid(),
  owner_id uuid not null references public.owners (id) on delete cascade,
  account_sid text not null,
  auth_token_encrypted text not null,
  previous_auth_token_encrypted text,
  created_at timestamptz not null default clock_timestamp(),
  constraint account_sid_is_unique unique (account_sid),
  constraint account_sid_is_twilios check (account_sid ~ '^AC[0-9a-fA-F]{32}$'),
  constraint twilio_account_belongs_to_owner unique (owner_id, id)
);

comment on table public.twilio_accounts is
  'Tokens are compact JWE (A256GCM) that bind the account SID. The previous token is accepted while a rotation lasts.';

alter table public.twilio_accounts enable row level security;

create policy admins_see_accounts on public.twilio_accounts
  for select to authenticated using (owner_id in (select private.my_owners('admin')));

create table public.senders (
  address text primary key,
  owner_id uuid not null references public.owners (id) on delete cascade,
  twilio_account_id uuid not null,
  assistant_id uuid not null,
  messaging_service_sid text,
  active boolean not null default true,
  created_at timestamptz not null default clock_timestamp(),
  constraint sender_uses_an_account_of_its_owner foreign key (owner_id, twilio_account_id)
    references public.twilio_accounts (owner_id, id) on delete cascade,
  constraint sender_uses_an_assistant_of_its_owner foreign key (owner_id, assistant_id)
    references public.assistants (owner_id, id),
  constraint messaging_service_sid_is_twilios check (messaging_service_sid ~ '^MG[0-9a-fA-F]{32}$')
);

create index senders_by_account on public.senders (owner_id, twilio_account_id);
create index senders_by_assistant on public.senders (owner_id, assistant_id);

alter table public.senders enable row level security;

create policy members_see_senders on public.senders
  for select to authenticated using (owner_id in (select private.my_owners()));

create table public.users (
  id uuid primary key default gen_random_uuid(),
  owner_id uuid not null references public.owners (id) on delete cascade,
  auth_id uuid,
  name text not null,
  email text not null,
  phone text,
  role text not null default 'user',
  active boolean not null default true,
  created_at timestamptz not null default clock_timestamp(),
  constraint user_email_is_unique_per_owner unique (owner_id, email),
  constraint user_email_is_lower_case check (email = lower(email)),
  constraint user_role_is_known check (role in ('admin', 'agent', 'user'))
);

comment on table public.users is 'A person of an owner. auth_id ties the row to Supabase Auth.';

create index users_by_auth_id on public.users (auth_id) where auth_id is not null;

alter table public.users enable row level security;

create policy members_see_themselves_and_staff_sees_all on public.users
  for select to authenticated
  using (owner_id in (select private.my_owners('admin', 'agent')) or auth_id = (select auth.uid()));

-- The lasting thread between one sender and one customer: it carries the lock, the order and the 24 h window.

-- Every message and every heartbeat updates this row, so no changing column is indexed and pages keep room: the
-- updates stay HOT.
create table public.sessions (
  id uuid primary key default gen_random_uuid(),
  owner_id uuid not null references public.owners (id) on delete cascade,
  sender text not null references public.senders (address),
  customer_address text not null,
  session_key text not null generated always as (sender || '|' || customer_address) stored,
  profile_name text,
  last_inbound_at timestamptz,
  opted_out_at timestamptz,
  inbound_seq bigint not null default 0,
  inbound_minute timestamptz,
  inbound_this_minute integer not null default 0,
  rate_limited_until timestamptz,
  cap_told_on date,
  batch_lock_id text,
  batch_lock_until timestamptz,
  created_at timestamptz not null default clock_timestamp(),
  constraint session_key_is_unique_per_owner unique (owner_id, session_key),
  constraint batch_lock_has_id_and_end_or_neither check ((batch_lock_id is null) = (batch_lock_until is null))
) with (fillfactor = 70);

comment on column public.sessions.customer_address is
  'Opaque text: Twilio also sends business-scoped ids such as whatsapp:US.1349120. Never parse it as a phone number.';
comment on column public.sessions.rate_limited_until is 'The flag of a customer who writes faster than the assistant allows.';
comment on column public.sessions.cap_told_on is 'The day on which the customer was told that the daily cap is reached.';

create index sessions_by_sender on public.sessions (sender);

alter table public.sessions enable row level security;

create policy staff_sees_sessions on public.sessions
  for select to authenticated using (owner_id in (select private.my_owners('admin', 'agent')));

-- The ack path: one round trip that makes a message durable, once.

-- The session between a sender and a customer, made if need be, and its row locked until the transaction ends.
create function private.lock_session(p_owner_id uuid, p_sender text, p_customer_address text)
returns public.sessions
language plpgsql volatile set search_path = ''
as $$
declare
  v_session public.sessions;
begin
  loop
    select s.* into v_session
    from public.sessions s
    where s.owner_id = p_owner_id and s.session_key = p_sender || '|' || p_customer_address
    for no key update;
    exit when found;

    insert into public.sessions (owner_id, sender, customer_address)
    values (p_owner_id, p_sender, p_customer_address)
    on conflict (owner_id, session_key) do nothing;
  end loop;
  return v_session;
end;
$$;

-- The assistant that answers on a session's sender.
create function private.assistant_of(p_session_id uuid)
returns public.assistants
language sql stable set search_path = ''
as $$
  select a
  from public.sessions s
  join public.senders n on n.address = s.sender
  join public.assistants a on a.id = n.assistant_id
  where s.id = p_session_id;
$$;

-- One episode inside a session, with a state that only transition_conversation moves.

create table public.conversations (
  id uuid primary key default gen_random_uuid(),
  owner_id uuid not null references public.owners (id) on delete cascade,
  session_id uuid not null references public.sessions (id) on delete cascade,
  status text not null default 'pending',
  version integer not null default 1,
  started_at timestamptz not null default clock_timestamp(),
  updated_at timestamptz not null default clock_timestamp(),
  ended_at timestamptz,
  sweep_at timestamptz,
  context jsonb not null default '{}',
  constraint status_is_known check (status in (
    'pending', 'progress', 'human_handoff', 'idle_timeout',
    'agent_closed', 'user_closed', 'support_closed', 'expired', 'failed'
  )),
  constraint only_a_final_conversation_has_ended check (
    (ended_at is not null) = (status in ('agent_closed', 'user_closed', 'support_closed', 'expired', 'failed'))
  )
) with (fillfactor = 80);

comment on column public.conversations.sweep_at is
  'When the sweep looks next. Lazy: messages do not move it, so touching a conversation stays HOT.';

create unique index session_has_one_open_conversation on public.conversations (session_id)
  where status in ('pending', 'progress', 'human_handoff', 'idle_timeout');
create index conversations_by_session on public.conversations (session_id);
create index conversations_by_sweep_at on public.conversations (sweep_at) where sweep_at is not null;
create index conversations_by_owner on public.conversations (owner_id, started_at desc);

alter table public.conversations enable row level security;

create policy staff_sees_conversations on public.conversations
  for select to authenticated using (owner_id in (select private.my_owners('admin', 'agent')));

-- The conversation that a message arriving now belongs to: touched, woken from idleness, or, where none is open or the
-- open one is past its expiry, a new one. The caller holds the session's row lock.
create function private.conversation_for_inbound(p_session public.sessions)
returns public.conversations
language plpgsql volatile set search_path = ''
as $$
declare
  v_now constant timestamptz := clock_timestamp();
  v_assistant constant public.assistants := private.assistant_of(p_session.id);
  v_conversation public.conversations;
begin
  select c.* into v_conversation
  from public.conversations c
  where c.session_id = p_session.id and c.status in ('pending', 'progress', 'human_handoff', 'idle_timeout')
  for no key update;

  if found and private.expires_at(v_conversation.status, v_conversation.updated_at, v_assistant) <= v_now then
    perform private.move_conversation(v_conversation, 'expired', 'ingest', 'A message came after the expiry.');
  elsif found and v_conversation.status = 'idle_timeout' then
    return private.move_conversation(v_conversation, 'progress', 'ingest', 'The customer wrote again.');
  elsif found then
    update public.conversations c set updated_at = v_now where c.id = v_conversation.id returning c.* into v_conversation;
    return v_conversation;
  end if;

  insert into public.conversations (owner_id, session_id, started_at, updated_at, sweep_at)
  values (p_session.owner_id, p_session.id, v_now, v_now, private.next_sweep_at('pending', v_now, v_assistant))
  returning * into v_conversation;
  return v_conversation;
end;
$$;

create table public.conversation_state_history (
  id bigint generated always as identity primary key,
  owner_id uuid not null references public.owners (id) on delete cascade,
  conversation_id uuid not null references public.conversations (id) on delete cascade,
  from_status text not null,
  to_status text not null,
  version integer not null,
  changed_by text not null,
  reason text,
  at timestamptz not null default clock_timestamp(),
  constraint version_is_reached_once unique (conversation_id, version)
);

create index conversation_state_history_by_owner on public.conversation_state_history (owner_id);

alter table public.conversation_state_history enable row level security;

create policy staff_sees_history on public.conversation_state_history
  for select to authenticated using (owner_id in (select private.my_owners('admin', 'agent')));

-- When a conversation ends for lack of activity; null where it never does (a person has it, or it is over).
create function private.expires_at(p_status text, p_updated_at timestamptz, p_assistant public.assistants)
returns timestamptz
language sql immutable set search_path = ''
as $$
  select case
    when p_status = 'pending' then p_updated_at + make_interval(mins => (p_assistant).pending_expiry_minutes)
    when p_status in ('progress', 'idle_timeout') then p_updated_at + make_interval(mins => (p_assistant).expiry_minutes)
  end;
$$;

create function private.is_open(p_status text)
returns boolean
language sql immutable set search_path = ''
as $$
  select p_status in ('pending', 'progress', 'human_handoff', 'idle_timeout');
$$;

-- The legal moves, once and for all readers.
create function private.legal_moves()
returns table (from_status text, to_status text)
language sql immutable set search_path = ''
as $$
  select m.from_status, unnest(m.to_statuses)
  from (values
    ('pending', array['progress', 'human_handoff', 'expired', 'agent_closed', 'user_closed', 'support_closed', 'failed']),
    ('progress', array['human_handoff', 'idle_timeout', 'expired', 'agent_closed', 'user_closed', 'support_closed', 'failed']),
    ('human_handoff', array['progress', 'agent_closed', 'user_closed', 'support_closed', 'failed']),
    ('idle_timeout', array['progress', 'human_handoff', 'expired', 'agent_closed', 'user_closed', 'failed'])
  ) as m (from_status, to_statuses);
$$;

-- Moves a conversation and writes its history. The caller holds the session's row lock and has read `p_conversation`
-- under it. Going idle is no activity, so it does not put off the expiry. An illegal move is PT422.
create function private.move_conversation(
  p_conversation public.conversations,
  p_to_status text,
  p_changed_by text,
  p_reason text
)
returns public.conversations
language plpgsql volatile set search_path = ''
as $$
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
  return v_moved;
end;
$$;

-- The first moment at which time alone may change a conversation; null where it never does.
create function private.next_sweep_at(p_status text, p_updated_at timestamptz, p_assistant public.assistants)
returns timestamptz
language sql immutable set search_path = ''
as $$
  select least(
    private.expires_at(p_status, p_updated_at, p_assistant),
    case when p_status = 'progress' then p_updated_at + make_interval(mins => (p_assistant).idle_minutes) end
  );
$$;

-- Puts the assistant's idle message into the outbox: once a conversation, inside the 24 h window, never to somebody who
-- opted out. The caller holds the session's row lock.
create function private.say_idle(p_session public.sessions, p_conversation public.conversations, p_text text)
returns boolean
language plpgsql volatile set search_path = ''
as $$
begin
  if p_text is null
    or p_session.opted_out_at is not null
    or p_conversation.context ? 'idle_message_at'
    or p_session.last_inbound_at + private.customer_service_window() <= clock_timestamp()
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
$$;

-- Moves up to `p_limit` conversations whose time has come: idle, expired, or, if they were active since, to their next
-- date. Candidates are read without locks; each session is locked unless somebody else has it, and its conversation read
-- again. `more` says that others are due.
create function public.sweep_conversations(p_limit integer default 100)
returns table (idled integer, expired integer, rescheduled integer, idle_messages integer, more boolean)
language plpgsql volatile set search_path = ''
as $$
#variable_conflict use_variable
declare
  v_candidate record;
  v_session public.sessions;
  v_conversation public.conversations;
  v_assistant public.assistants;
  v_now timestamptz;
  v_seen integer := 0;
begin
  idled := 0;
  expired := 0;
  rescheduled := 0;
  idle_messages := 0;
  for v_candidate in
    select c.id, c.session_id
    from public.conversations c
    where c.sweep_at <= clock_timestamp()
    order by c.sweep_at
    limit p_limit
  loop
    v_seen := v_seen + 1;
    select s.* into v_session from public.sessions s where s.id = v_candidate.session_id for no key update skip locked;
    continue when not found;
    select c.* into v_conversation from public.conversations c where c.id = v_candidate.id for no key update;
    v_now := clock_timestamp();
    continue when v_conversation.sweep_at is null or v_conversation.sweep_at > v_now;

    v_assistant := private.assistant_of(v_session.id);
    if private.expires_at(v_conversation.status, v_conversation.updated_at, v_assistant) <= v_now then
      perform private.move_conversation(v_conversation, 'expired', 'sweep', 'Nobody wrote for too long.');
      expired := expired + 1;
    elsif v_conversation.status = 'progress'
      and v_conversation.updated_at + make_interval(mins => v_assistant.idle_minutes) <= v_now
    then
      perform private.move_conversation(v_conversation, 'idle_timeout', 'sweep', 'Nobody wrote for a while.');
      idled := idled + 1;
      if private.say_idle(v_session, v_conversation, v_assistant.idle_message) then
        idle_messages := idle_messages + 1;
      end if;
    else
      update public.conversations c
      set sweep_at = private.next_sweep_at(c.status, c.updated_at, v_assistant)
      where c.id = v_conversation.id;
      rescheduled := rescheduled + 1;
    end if;
  end loop;
  -- Where others hold every session, asking again at once would find the same.
  more := v_seen = p_limit and idled + expired + rescheduled > 0;
  return next;
end;
$$;

-- The only door to a conversation's state. Locks the session, then the conversation. A version that is no longer
-- current is PT409, an illegal move PT422, an unknown conversation PT404.
create function public.transition_conversation(
  p_conversation_id uuid,
  p_to_status text,
  p_current_version integer,
  p_changed_by text,
  p_reason text default null
)
returns public.conversations
language plpgsql volatile set search_path = ''
as $$
declare
  v_conversation public.conversations;
begin
  perform from public.sessions s
  where s.id = (select c.session_id from public.conversations c where c.id = p_conversation_id)
  for no key update;

  select c.* into v_conversation
  from public.conversations c
  where c.id = p_conversation_id
  for no key update;
  if not found then
    raise exception using errcode = 'PT404', message = 'There is no such conversation.';
  end if;
  if v_conversation.version is distinct from p_current_version then
    raise exception using
      errcode = 'PT409',
      message = format('The conversation is at version %s, not %s.', v_conversation.version, p_current_version);
  end if;

  return private.move_conversation(v_conversation, p_to_status, p_changed_by, p_reason);
end;
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
    insert into public.message_queue (message_id, message_sid, session_id, payload, available_at, created_at)
    values (
      v_message_id, v_message_sid, v_session.id,
      jsonb_build_object('kind', v_kind, 'body', v_body, 'media', v_media),
      greatest(v_now, v_session.rate_limited_until), v_now
    );
  end if;

  return query select
    outcome, v_message_id, v_session.id, v_conversation.id,
    case when v_session.batch_lock_until > clock_timestamp() then v_session.batch_lock_id end;
end;
$$;

-- Keeps a verified message that no sender of ours can take. Repeating it changes nothing.
create function private.keep_orphan(p_params jsonb, p_content jsonb, p_reason text)
returns void
language sql volatile set search_path = ''
as $$
  insert into public.orphaned_messages (message_sid, account_sid, from_address, to_address, params, content, reason)
  values (
    p_params ->> 'MessageSid', p_params ->> 'AccountSid', p_params ->> 'From', p_params ->> 'To', p_params, p_content,
    p_reason
  )
  on conflict (message_sid) do nothing;
$$;

-- What was said, in both directions, and what reached us for no sender of ours.

create table public.messages (
  id uuid primary key default gen_random_uuid(),
  owner_id uuid not null,
  session_id uuid not null references public.sessions (id) on delete cascade,
  conversation_id uuid not null references public.conversations (id) on delete cascade,
  seq bigint generated always as identity,
  direction text not null,
  author text not null,
  kind text not null default 'text',
  body text not null default '',
  media jsonb not null default '[]',
  message_sid text,
  message_sid_evidence text,
  second_message_sid text,
  metadata jsonb not null default '{}',
  batch_id uuid,
  position smallint,
  delivery_status text,
  error_code integer,
  cancel_reason text,
  send_attempt integer not null default 0,
  send_started_at timestamptz,
  send_after timestamptz,
  unanswered_reason text,
  created_at timestamptz not null default clock_timestamp(),
  constraint message_sid_is_unique unique (message_sid),
  constraint direction_is_known check (direction in ('inbound', 'outbound')),
  constraint author_is_known check (author in ('customer', 'assistant', 'operator', 'system')),
  constraint customer_writes_all_and_only_inbound check ((direction = 'inbound') = (author = 'customer')),
  constraint inbound_has_a_message_sid check (direction = 'outbound' or message_sid is not null),
  constraint outbound_has_a_delivery_status check ((direction = 'outbound') = (delivery_status is not null)),
  constraint delivery_status_is_known check (delivery_status in (
    'pending', 'sending', 'unknown',
    'accepted', 'scheduled', 'queued', 'sent', 'delivered', 'read', 'failed', 'undelivered', 'canceled'
  )),
  constraint message_sid_evidence_is_known check (message_sid_evidence in ('response', 'callback', 'listing')),
  constraint begun_send_has_a_start check (send_attempt = 0 or send_started_at is not null)
);

comment on column public.messages.seq is 'Order within the session: given under the session lock.';
comment on column public.messages.unanswered_reason is 'Why an inbound message needs no reply.';
comment on column public.messages.second_message_sid is 'Set when Twilio took one row twice. Never expected; checked as an invariant.';
comment on column public.messages.message_sid_evidence is
  'How an outbound SID was learned. A response or a callback is proof, a listing is a match that proof overrules.';

create index messages_by_session on public.messages (session_id, seq);
create unique index reply_has_one_message_per_position on public.messages (batch_id, position) where batch_id is not null;

-- The outbox: outbound rows that Twilio has not confirmed yet.
create index messages_unconfirmed on public.messages (session_id, seq)
  where direction = 'outbound' and message_sid is null and delivery_status in ('pending', 'sending', 'unknown');

-- Raw payloads are found by their place in time, at next to no cost for ingest.
create index messages_by_place on public.messages using brin (seq) with (autosummarize = on);

alter table public.messages enable row level security;

create policy staff_sees_messages on public.messages
  for select to authenticated using (owner_id in (select private.my_owners('admin', 'agent')));

-- What is still to be answered, and the ledger of which reply covers which messages.

-- Ingest pays for every index here, so there are two.
create table public.message_queue (
  id bigint generated always as identity primary key,
  message_id uuid not null references public.messages (id) on delete cascade,
  message_sid text not null,
  session_id uuid not null,
  payload jsonb not null,
  status text not null default 'pending',
  attempts integer not null default 0,
  superseded boolean not null default false,
  available_at timestamptz not null default clock_timestamp(),
  batch_id uuid,
  last_error text,
  created_at timestamptz not null default clock_timestamp(),
  constraint status_is_known check (status in ('pending', 'processing', 'dead')),
  constraint processing_row_has_a_batch check (status <> 'processing' or batch_id is not null)
);

comment on table public.message_queue is 'A row is removed when its message is answered; dead rows stay.';
comment on column public.message_queue.payload is 'The message as the model is to see it.';
comment on column public.message_queue.available_at is 'Back-off and nothing else.';
comment on column public.message_queue.superseded is 'A reply to this message was already discarded once for newer ones.';

create index message_queue_by_session on public.message_queue (session_id, available_at) where status <> 'dead';

alter table public.message_queue enable row level security;

create policy staff_sees_the_queue on public.message_queue
  for select to authenticated
  using (session_id in (select s.id from public.sessions s));

create table public.orphaned_messages (
  id uuid primary key default gen_random_uuid(),
  message_sid text not null,
  account_sid text,
  from_address text,
  to_address text,
  params jsonb not null,
  content jsonb,
  reason text not null,
  received_at timestamptz not null default clock_timestamp(),
  resolved_at timestamptz,
  constraint orphaned_message_sid_is_unique unique (message_sid),
  constraint reason_is_known check (reason in ('unknown_sender', 'account_mismatch', 'sender_inactive'))
);

comment on table public.orphaned_messages is 'Verified, but for no sender of ours. Kept so that nothing is lost.';

create index orphaned_messages_by_account on public.orphaned_messages (account_sid);
create index orphaned_messages_unresolved on public.orphaned_messages (to_address, received_at) where resolved_at is null;

alter table public.orphaned_messages enable row level security;

create policy admins_see_orphans_of_their_accounts on public.orphaned_messages
  for select to authenticated
  using (account_sid in (select t.account_sid from public.twilio_accounts t));

-- Takes the lease when it is free, expired, or already the caller's. Locks the session, then reads the clock.
-- `lock_owner` names the holder either way. An unknown session is PT404.
create function public.acquire_batch_lock(
  p_session_id uuid,
  p_webhook_id text,
  p_lock_duration_seconds integer default 120
)
returns table (success boolean, lock_owner text)
language plpgsql volatile set search_path = ''
as $$
declare
  v_session public.sessions;
  v_now timestamptz;
begin
  if p_webhook_id is null or p_lock_duration_seconds is null or p_lock_duration_seconds <= 0 then
    raise exception using errcode = 'PT422', message = 'A batch lock needs a holder and a duration above zero.';
  end if;

  select s.* into v_session from public.sessions s where s.id = p_session_id for no key update;
  if not found then
    raise exception using errcode = 'PT404', message = 'There is no such session.';
  end if;

  v_now := clock_timestamp();
  if v_session.batch_lock_until > v_now and v_session.batch_lock_id <> p_webhook_id then
    return query select false, v_session.batch_lock_id;
    return;
  end if;

  update public.sessions s
  set batch_lock_id = p_webhook_id, batch_lock_until = v_now + make_interval(secs => p_lock_duration_seconds)
  where s.id = p_session_id;
  return query select true, p_webhook_id;
end;
$$;

-- The heartbeat. False: the lease is another's, or it expired, even if nobody took it; the caller writes nothing more.
create function public.extend_batch_lock(
  p_session_id uuid,
  p_webhook_id text,
  p_lock_duration_seconds integer default 120
)
returns boolean
language plpgsql volatile set search_path = ''
as $$
declare
  v_session public.sessions;
  v_now timestamptz;
begin
  select s.* into v_session from public.sessions s where s.id = p_session_id for no key update;
  v_now := clock_timestamp();
  if not private.is_holder(v_session, p_webhook_id) or v_session.batch_lock_until <= v_now then
    return false;
  end if;

  update public.sessions s
  set batch_lock_until = v_now + make_interval(secs => p_lock_duration_seconds)
  where s.id = p_session_id;
  return true;
end;
$$;

-- Rows that call for a reply now. Claim, release and sweep share this: every row of the session that is not dead and
-- due, whatever its status, so that what a dead holder left is never overlooked.
create function private.has_due_rows(p_session_id uuid)
returns boolean
language sql volatile set search_path = ''
as $$
  select exists (
    select from public.message_queue q
    where q.session_id = p_session_id and q.status <> 'dead' and q.available_at <= clock_timestamp()
  );
$$;

-- The lease on a session. Its holder's id is the fence that every later decision checks.

-- True while `p_session`, read under its row lock, has not been taken over from `p_webhook_id`.
create function private.is_holder(p_session public.sessions, p_webhook_id text)
returns boolean
language sql immutable set search_path = ''
as $$
  select coalesce(p_session.batch_lock_id = p_webhook_id, false);
$$;

-- Frees the lease. False: it is not the caller's, or, with `p_if_drained`, rows are due and the holder has to go round
-- again. Ingest locks the same row, so a message is either seen here or finds the lease free.
create function public.release_batch_lock(p_session_id uuid, p_webhook_id text, p_if_drained boolean default false)
returns boolean
language plpgsql volatile set search_path = ''
as $$
declare
  v_session public.sessions;
begin
  select s.* into v_session from public.sessions s where s.id = p_session_id for no key update;
  if not private.is_holder(v_session, p_webhook_id) then
    return false;
  end if;
  if p_if_drained and private.has_due_rows(p_session_id) then
    return false;
  end if;

  update public.sessions s set batch_lock_id = null, batch_lock_until = null where s.id = p_session_id;
  return true;
end;
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

-- What the holder is to do next about the session's messages. Locks the session. Outcomes:
--   lost     the lease is another's
--   drained  nothing is due
--   wait     the burst may go on; ask again in wait_ms
--   dead     messages at their limit of attempts were given up on; ask again
--   capped   the owner's model calls of today are used up: the messages wait for tomorrow
--   claimed  the batch; asking again with the same lock id gives the same one
-- Attempts are counted here, so that a batch that kills its holder reaches its limit too.
create function public.claim_batch(
  p_session_id uuid,
  p_webhook_id text,
  p_max_attempts integer default 5,
  p_history_limit integer default 40
)
returns jsonb
language plpgsql volatile set search_path = ''
as $$
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
    where m.id in (
      select q.message_id from public.message_queue q where q.session_id = p_session_id and q.status <> 'dead'
    );
    delete from public.message_queue q where q.session_id = p_session_id and q.status <> 'dead';
    return jsonb_build_object('outcome', 'drained');
  end if;

  -- The quiet window follows the newest message; messages that were tried before have waited already.
  select
    count(*),
    least(
      max(q.created_at) + make_interval(secs => v_assistant.quiet_window_ms / 1000.0),
      min(q.created_at) filter (where q.attempts = 0) + make_interval(secs => v_assistant.max_wait_ms / 1000.0)
    ),
    array_agg(q.message_id order by q.id) filter (where q.attempts >= p_max_attempts)
  into v_due, v_ready_at, v_spent
  from public.message_queue q
  where q.session_id = p_session_id and q.status <> 'dead' and q.available_at <= v_now;
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
    update public.message_queue q
    set
      status = 'processing',
      batch_id = v_batch.id,
      attempts = q.attempts + case when q.available_at <= v_now then 1 else 0 end
    where q.session_id = p_session_id and q.status <> 'dead'
      and (q.available_at <= v_now or q.available_at is distinct from v_session.rate_limited_until)
    returning q.id, q.message_id, q.attempts
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
$$;

-- Turns a claimed batch into its reply, in one transaction: outbound rows, queue rows removed, ledger closed,
-- conversation moved, the first send begun. Locks session, conversation, messages, queue, ledger. Outcomes:
--   completed   with the rows; a second call gives the same ones
--   superseded  newer messages wait and the assistant prefers to answer them too: the reply is discarded, once
--   lost        the lease or the batch is no longer the caller's: nothing was written
-- `p_bodies` is a list of texts, the parts of the reply in order; `p_usage` has model, prompt_tokens, completion_tokens, latency_ms.
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

    delete from public.message_queue q
    where q.session_id = p_session_id and q.message_id = any (v_batch.message_ids) and q.status <> 'dead';
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

-- The model gave no reply. Rows that may be tried again wait for `p_retry_in_ms`; rows at their limit, or all
-- of them when `p_retryable` is false, are given up on. Locks session, conversation, messages, queue, ledger.
-- Outcomes: retrying, dead, lost.
create function public.fail_batch(
  p_session_id uuid,
  p_webhook_id text,
  p_batch_id uuid,
  p_error jsonb,
  p_retryable boolean,
  p_retry_in_ms bigint,
  p_max_attempts integer default 5,
  p_usage jsonb default '{}'
)
returns jsonb
language plpgsql volatile set search_path = ''
as $$
declare
  v_session public.sessions;
  v_batch public.reply_batches;
  v_spent uuid[];
  v_outcome text;
begin
  select s.* into v_session from public.sessions s where s.id = p_session_id for no key update;
  v_batch := private.batch_of_holder(v_session, p_webhook_id, p_batch_id);
  if v_batch.outcome in ('failed', 'dead') then
    return jsonb_build_object('outcome', case v_batch.outcome when 'dead' then 'dead' else 'retrying' end);
  end if;
  if v_batch.outcome is distinct from 'claimed' then
    return jsonb_build_object('outcome', 'lost');
  end if;

  select array_agg(q.message_id order by q.id) into v_spent
  from public.message_queue q
  where q.session_id = p_session_id
    and q.batch_id = v_batch.id
    and q.status = 'processing'
    and (not p_retryable or q.attempts >= p_max_attempts);
  v_outcome := case when v_spent is null then 'failed' else 'dead' end;

  if v_outcome = 'dead' then
    perform private.dead_letter(v_session, v_batch.id, v_batch.conversation_id, v_spent, p_error);
  end if;
  update public.message_queue q
  set
    status = 'pending',
    batch_id = null,
    available_at = clock_timestamp() + make_interval(secs => p_retry_in_ms / 1000.0),
    last_error = coalesce(p_error ->> 'detail', p_error ->> 'failure')
  where q.session_id = p_session_id and q.batch_id = v_batch.id and q.status = 'processing';

  update public.reply_batches b
  set
    outcome = v_outcome,
    error = p_error,
    model = p_usage ->> 'model',
    prompt_tokens = (p_usage ->> 'prompt_tokens')::integer,
    completion_tokens = (p_usage ->> 'completion_tokens')::integer,
    latency_ms = (p_usage ->> 'latency_ms')::integer,
    closed_at = clock_timestamp()
  where b.id = v_batch.id;
  return jsonb_build_object('outcome', case v_outcome when 'dead' then 'dead' else 'retrying' end);
end;
$$;

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

-- The holder cannot go on (it is shutting down): its messages wait again, uncounted, and the lease is free. Locks the
-- session. False: the lease is another's.
create function public.hand_back_batch(p_session_id uuid, p_webhook_id text)
returns boolean
language plpgsql volatile set search_path = ''
as $$
declare
  v_session public.sessions;
  v_batch public.reply_batches;
begin
  select s.* into v_session from public.sessions s where s.id = p_session_id for no key update;
  if not private.is_holder(v_session, p_webhook_id) then
    return false;
  end if;

  select b.* into v_batch
  from public.reply_batches b
  where b.session_id = p_session_id and b.lock_id = p_webhook_id and b.outcome = 'claimed';
  if found then
    perform private.return_rows(v_batch, false);
    update public.reply_batches b set outcome = 'handed_back', closed_at = clock_timestamp() where b.id = v_batch.id;
  end if;
  update public.sessions s set batch_lock_id = null, batch_lock_until = null where s.id = p_session_id;
  return true;
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

create table public.reply_batches (
  id uuid primary key default gen_random_uuid(),
  owner_id uuid not null,
  session_id uuid not null references public.sessions (id) on delete cascade,
  conversation_id uuid not null references public.conversations (id) on delete cascade,
  lock_id text not null,
  message_ids uuid[] not null,
  attempt integer not null,
  outcome text not null default 'claimed',
  model text,
  prompt_tokens integer,
  completion_tokens integer,
  latency_ms integer,
  error jsonb,
  created_at timestamptz not null default clock_timestamp(),
  closed_at timestamptz,
  constraint outcome_is_known check (outcome in ('claimed', 'completed', 'superseded', 'handed_back', 'failed', 'dead')),
  constraint only_a_claimed_batch_is_open check ((outcome = 'claimed') = (closed_at is null)),
  constraint batch_has_messages check (cardinality(message_ids) > 0)
);

comment on table public.reply_batches is 'The ledger: which reply covers which messages, and what became of each try.';

create unique index session_has_one_claimed_batch on public.reply_batches (session_id) where outcome = 'claimed';
create index reply_batches_by_session on public.reply_batches (session_id, created_at);
create index reply_batches_by_owner on public.reply_batches (owner_id, created_at);

alter table public.reply_batches enable row level security;

create policy staff_sees_batches on public.reply_batches
  for select to authenticated using (owner_id in (select private.my_owners('admin', 'agent')));

-- How a claimed batch ends: completed, superseded, handed back, failed or dead. Every end is fenced by the lease.

-- The caller's claimed batch, or null when the lease or the batch is no longer the caller's. The caller holds the
-- session's row lock.
create function private.batch_of_holder(p_session public.sessions, p_webhook_id text, p_batch_id uuid)
returns public.reply_batches
language sql stable set search_path = ''
as $$
  select b
  from public.reply_batches b
  where b.id = p_batch_id
    and b.session_id = p_session.id
    and b.lock_id = p_webhook_id
    and private.is_holder(p_session, p_webhook_id);
$$;

-- Which messages one reply is to answer. Fenced by the lease, like all that follows.

-- A batch as the holder needs it: messages, what was said before, the assistant, the customer.
create function private.claimed_batch(p_batch public.reply_batches, p_history_limit integer)
returns jsonb
language sql stable set search_path = ''
as $$
  select jsonb_build_object(
    'outcome', 'claimed',
    'batch_id', p_batch.id,
    'attempt', p_batch.attempt,
    'conversation_id', p_batch.conversation_id,
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
            select from public.message_queue q
            where q.session_id = m.session_id and q.message_id = m.id and q.status <> 'dead'
          )
        order by m.seq desc
        limit p_history_limit
      ) h
    )
  )
  from public.sessions s
  cross join lateral private.assistant_of(s.id) a
  where s.id = p_batch.session_id;
$$;

create function private.completed_batch(p_batch public.reply_batches, p_send jsonb)
returns jsonb
language sql stable set search_path = ''
as $$
  select jsonb_build_object(
    'outcome', 'completed',
    'message_ids', jsonb_agg(to_jsonb(m.id) order by m.position),
    'send', p_send
  )
  from public.messages m
  where m.batch_id = p_batch.id and m.direction = 'outbound';
$$;

-- Puts the batch's rows back in the queue and takes back the attempt that the claim counted.
create function private.return_rows(p_batch public.reply_batches, p_superseded boolean)
returns void
language sql volatile set search_path = ''
as $$
  update public.message_queue q
  set
    status = 'pending',
    batch_id = null,
    attempts = greatest(q.attempts - 1, 0),
    superseded = q.superseded or p_superseded
  where q.session_id = p_batch.session_id and q.batch_id = p_batch.id and q.status = 'processing';
$$;

-- Takes over a delivery status. A fresh SID brings its own; otherwise it moves forward, never back. 21610 is Twilio's word
-- that the customer opted out. The caller holds the session's row lock. False: no news.
create function private.advance_delivery(
  p_message_id uuid,
  p_delivery_status text,
  p_error_code integer,
  p_sid_is_fresh boolean
)
returns boolean
language plpgsql volatile set search_path = ''
as $$
declare
  v_session_id uuid;
begin
  update public.messages m
  set delivery_status = p_delivery_status, error_code = coalesce(p_error_code, m.error_code)
  where m.id = p_message_id and (p_sid_is_fresh or private.delivery_moves(m.delivery_status, p_delivery_status))
  returning m.session_id into v_session_id;
  if found and p_error_code = 21610 then
    update public.sessions s set opted_out_at = coalesce(s.opted_out_at, clock_timestamp()) where s.id = v_session_id;
  end if;
  return v_session_id is not null;
end;
$$;

-- Begins the session's oldest unfinished send. Rows that must not go out any more are canceled on the way. The caller
-- holds the session's row lock and, for the fence, has checked it. `p_absent_id` names an unknown send, at its attempt
-- `p_absent_attempt`, that Twilio was found not to have: it is begun again. Outcomes:
--   none       nothing is unfinished
--   begun      `message` is now `sending`: post it, once
--   settle     `message` is unknown and past its grace: find out what became of it
--   in_grace, postponed   nothing may be begun for another wait_ms
create function private.begin_next_send(
  p_session public.sessions,
  p_absent_id uuid default null,
  p_absent_attempt integer default null
)
returns jsonb
language plpgsql volatile set search_path = ''
as $$
declare
  v_message public.messages;
  v_now timestamptz;
  v_free_at timestamptz;
  v_reason text;
  v_canceled jsonb := jsonb '[]';
begin
  loop
    select m.* into v_message
    from public.messages m
    where m.session_id = p_session.id
      and m.direction = 'outbound'
      and m.message_sid is null
      and m.delivery_status in ('pending', 'sending', 'unknown')
    order by m.seq
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
      v_message.metadata := v_message.metadata
        || jsonb_build_object('content_sid', (private.assistant_of(p_session.id)).content_sid);
    end if;

    v_reason := private.reason_not_to_send(p_session, v_message);
    if v_reason is null then
      update public.messages m
      set
        delivery_status = 'sending',
        send_attempt = m.send_attempt + 1,
        send_started_at = clock_timestamp(),
        send_after = null,
        metadata = v_message.metadata
      where m.id = v_message.id
      returning m.* into v_message;
      return jsonb_build_object('outcome', 'begun', 'message', private.send_payload(v_message), 'canceled', v_canceled);
    end if;

    update public.messages m set delivery_status = 'canceled', cancel_reason = v_reason where m.id = v_message.id;
    v_canceled := v_canceled || jsonb_build_object('message_id', v_message.id, 'reason', v_reason);
  end loop;
  return jsonb_build_object('outcome', 'none', 'canceled', v_canceled);
end;
$$;

-- begin_next_send for the holder of the lease. Locks the session. `lost`: the lease is another's.
create function public.begin_send(
  p_session_id uuid,
  p_webhook_id text,
  p_absent_message_id uuid default null,
  p_absent_attempt integer default null
)
returns jsonb
language plpgsql volatile set search_path = ''
as $$
declare
  v_session public.sessions;
begin
  select s.* into v_session from public.sessions s where s.id = p_session_id for no key update;
  if not private.is_holder(v_session, p_webhook_id) then
    return jsonb_build_object('outcome', 'lost', 'canceled', '[]'::jsonb);
  end if;
  return private.begin_next_send(v_session, p_absent_message_id, p_absent_attempt);
end;
$$;

-- What a second call of complete_batch says of the first send: the one that the first call began, if its answer was lost
-- on the way. The caller knows by its own clock whether it may still post it.
create function private.begun_send(p_session public.sessions, p_batch_id uuid)
returns jsonb
language plpgsql volatile set search_path = ''
as $$
declare
  v_message public.messages;
begin
  select m.* into v_message
  from public.messages m
  where m.batch_id = p_batch_id
    and m.position = 0
    and m.message_sid is null
    and m.delivery_status = 'sending'
    and m.send_attempt = 1;
  if not found then
    return private.begin_next_send(p_session);
  end if;
  return jsonb_build_object('outcome', 'begun', 'message', private.send_payload(v_message), 'canceled', '[]'::jsonb);
end;
$$;

-- WhatsApp takes free text only this long after the customer's last message.
create function private.customer_service_window()
returns interval
language sql immutable set search_path = ''
as $$
  select interval '24 hours';
$$;

-- What became of a send: the answer to the POST, a match in Twilio's list, or a status callback.

-- Whether a delivery status may follow another: forward only, and nothing follows a terminal one but `read` a `delivered`.
create function private.delivery_moves(p_from text, p_to text)
returns boolean
language sql immutable set search_path = ''
as $$
  select case
    when p_from in ('failed', 'undelivered', 'canceled', 'read') then false
    else coalesce(
      array_position(v.ranked, case when p_to in ('failed', 'undelivered', 'canceled') then 'delivered' else p_to end)
        > array_position(v.ranked, p_from),
      false
    )
  end
  from (values (array[
    'pending', 'sending', 'unknown', 'accepted', 'scheduled', 'queued', 'sent', 'delivered', 'read'
  ])) as v (ranked);
$$;

-- SIDs among `p_message_sids` that some message already has: a listing must not hand them out again.
create function public.known_message_sids(p_message_sids jsonb)
returns setof text
language sql stable set search_path = ''
as $$
  select m.message_sid
  from public.messages m
  where m.message_sid in (select jsonb_array_elements_text(p_message_sids));
$$;

-- Why this row must not be sent now; null when it may. A person's own message goes out during a handoff.
create function private.reason_not_to_send(p_session public.sessions, p_message public.messages)
returns text
language sql volatile set search_path = ''
as $$
  select case
    when p_session.opted_out_at is not null then 'opted_out'
    when p_message.author <> 'operator' and exists (
      select from public.conversations c where c.session_id = p_session.id and c.status = 'human_handoff'
    ) then 'handoff'
    when p_session.last_inbound_at + private.customer_service_window() <= clock_timestamp()
      and p_message.metadata ->> 'content_sid' is null then 'outside_window'
  end;
$$;

-- A status callback of Twilio's, in whatever order and number they come. With our message id in it, it also teaches the
-- SID of a send whose response was lost. Only the account that the sender belongs to may say so. Locks the session,
-- then the message. Outcomes: recorded, repeated (no news), second_sid, unknown_message.
create function public.record_delivery_status(
  p_account_sid text,
  p_message_sid text,
  p_delivery_status text,
  p_message_id uuid default null,
  p_error_code integer default null
)
returns text
language plpgsql volatile set search_path = ''
as $$
declare
  v_message_id uuid;
  v_session_id uuid;
  v_recorded text;
begin
  select m.id, m.session_id into v_message_id, v_session_id
  from public.messages m
  join public.sessions s on s.id = m.session_id
  join public.senders n on n.address = s.sender
  join public.twilio_accounts t on t.id = n.twilio_account_id
  where t.account_sid = p_account_sid
    and m.direction = 'outbound'
    and case when p_message_id is null then m.message_sid = p_message_sid else m.id = p_message_id end;
  if not found then
    return 'unknown_message';
  end if;

  perform from public.sessions s where s.id = v_session_id for no key update;
  v_recorded := private.record_sid(v_message_id, p_message_sid, 'callback');
  if v_recorded not in ('recorded', 'repeated') then
    return v_recorded;
  end if;
  return case
    when private.advance_delivery(v_message_id, p_delivery_status, p_error_code, v_recorded = 'recorded') then 'recorded'
    else 'repeated'
  end;
end;
$$;

-- What one POST to Twilio gave, and the next send begun in the same round trip if the caller still holds the lease.
-- `p_result` has kind, and by kind: accepted (message_sid, status), found (the same, from a listing), postponed
-- (retry_after_ms, error_code), failed (error_code), unknown. A SID is always recorded, fence or no fence; all else
-- counts only for the attempt that it is about. Locks the session, then the message. `recorded` says what became of
-- the result: recorded, repeated, second_sid, taken, stale.
create function public.record_send(
  p_session_id uuid,
  p_webhook_id text,
  p_message_id uuid,
  p_send_attempt integer,
  p_result jsonb
)
returns jsonb
language plpgsql volatile set search_path = ''
as $$
declare
  v_kind constant text := p_result ->> 'kind';
  v_error_code constant integer := (p_result ->> 'error_code')::integer;
  v_session public.sessions;
  v_message public.messages;
  v_recorded text := 'stale';
begin
  select s.* into v_session from public.sessions s where s.id = p_session_id for no key update;
  select m.* into v_message
  from public.messages m
  where m.id = p_message_id and m.session_id = p_session_id and m.direction = 'outbound'
  for no key update;
  if not found then
    raise exception using errcode = 'PT404', message = 'There is no such outbound message.';
  end if;

  if v_kind in ('accepted', 'found') then
    v_recorded := private.record_sid(
      p_message_id, p_result ->> 'message_sid', case v_kind when 'accepted' then 'response' else 'listing' end
    );
    if v_recorded in ('recorded', 'repeated') then
      perform private.advance_delivery(
        p_message_id, p_result ->> 'status', v_error_code, v_recorded = 'recorded'
      );
    end if;
  elsif v_kind not in ('postponed', 'failed', 'unknown') or v_kind is null then
    raise exception using errcode = 'PT422', message = format('%s is no result of a send.', v_kind);
  elsif v_message.send_attempt = p_send_attempt
    and v_message.message_sid is null
    and v_message.delivery_status in ('sending', 'unknown')
  then
    v_recorded := 'recorded';
    if v_kind = 'postponed' then
      update public.messages m
      set
        delivery_status = 'pending',
        error_code = v_error_code,
        send_after = clock_timestamp() + make_interval(secs => (p_result ->> 'retry_after_ms')::numeric / 1000)
      where m.id = p_message_id;
    else
      perform private.advance_delivery(p_message_id, v_kind, v_error_code, false);
    end if;
  end if;

  select s.* into v_session from public.sessions s where s.id = p_session_id;
  return jsonb_build_object(
    'recorded', v_recorded,
    'send', case
      when private.is_holder(v_session, p_webhook_id) then private.begin_next_send(v_session)
      else jsonb_build_object('outcome', 'lost', 'canceled', '[]'::jsonb)
    end
  );
end;
$$;

-- Records the SID of an outbound row, whoever learned it. `response` and `callback` are proof: a row that only matched
-- the SID in a listing loses it and is unknown again. A second SID for one row means that it was sent twice.
-- Locks the row, and the one that loses the SID. Outcomes: recorded, repeated, second_sid, taken (a match that proof
-- elsewhere overrules).
create function private.record_sid(p_message_id uuid, p_message_sid text, p_evidence text)
returns text
language plpgsql volatile set search_path = ''
as $$
declare
  v_message public.messages;
  v_other public.messages;
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

  select m.* into v_other from public.messages m where m.message_sid = p_message_sid for no key update;
  if found then
    if p_evidence = 'listing' or v_other.message_sid_evidence is distinct from 'listing' then
      return 'taken';
    end if;
    update public.messages m
    set message_sid = null, message_sid_evidence = null, delivery_status = 'unknown'
    where m.id = v_other.id;
  end if;

  if v_message.message_sid is null or v_message.message_sid_evidence = 'listing' then
    update public.messages m
    set message_sid = p_message_sid, message_sid_evidence = p_evidence
    where m.id = p_message_id;
    return 'recorded';
  end if;

  update public.messages m set second_message_sid = p_message_sid where m.id = p_message_id;
  return 'second_sid';
end;
$$;

-- Sends. Twilio's create call is not idempotent and no fence reaches it, so a send is begun here before it is posted, and
-- one whose outcome is unknown is touched by nobody until its grace is over.

-- A POST starts within 5 s of asking for it and has a deadline of 10 s: after 20 s it has happened or never will.
create function private.send_grace()
returns interval
language sql immutable set search_path = ''
as $$
  select interval '20 seconds';
$$;

-- One outbound row as the worker posts it, or looks it up.
create function private.send_payload(p_message public.messages)
returns jsonb
language sql stable set search_path = ''
as $$
  select jsonb_build_object(
    'message_id', p_message.id,
    'send_attempt', p_message.send_attempt,
    'send_started_at', p_message.send_started_at,
    'created_at', p_message.created_at,
    'body', p_message.body,
    'content_sid', p_message.metadata ->> 'content_sid',
    'account_sid', t.account_sid,
    'from', n.address,
    'to', s.customer_address,
    'messaging_service_sid', n.messaging_service_sid
  )
  from public.sessions s
  join public.senders n on n.address = s.sender
  join public.twilio_accounts t on t.id = n.twilio_account_id
  where s.id = p_message.session_id;
$$;

-- Opens the record of a tick and says how late it is.
create function public.begin_sweep()
returns table (run_id bigint, late_seconds numeric)
language sql volatile set search_path = ''
as $$
  insert into public.sweep_runs as r (late_seconds)
  select coalesce(round(extract(epoch from clock_timestamp() - min(o.oldest_due_at)), 3), 0)
  from private.overdue() o
  returning r.id, r.late_seconds;
$$;

-- One call of the sweep. Address and key are read now, so that changing them needs no new schedule. Does nothing but a
-- notice until both secrets and pg_net are there.
create function private.call_sweep()
returns bigint
language plpgsql volatile set search_path = ''
as $$
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
    'select %I.http_post(url := $1, headers := $2, body := ''{}''::jsonb, timeout_milliseconds := 60000)', 'net'
  )
  into v_request_id
  using v_url, jsonb_build_object('Content-Type', 'application/json', 'x-internal-api-key', v_key);
  return v_request_id;
end;
$$;

-- Forgets what pg_cron did more than a week ago; returns how many runs. Machines may not enter pg_cron's schema, hence
-- security definer.
create function private.clear_cron_runs()
returns integer
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_cleared integer := 0;
begin
  if to_regclass('cron.job_run_details') is not null then
    execute format('delete from %I.job_run_details where end_time < now() - interval ''7 days''', 'cron');
    get diagnostics v_cleared = row_count;
  end if;
  return v_cleared;
end;
$$;

-- Whether pg_cron works on this database: it has one, and that may be another.
create function private.cron_is_ours()
returns boolean
language sql stable set search_path = ''
as $$
  select current_setting('cron.database_name', true) = current_database();
$$;

create function public.finish_sweep(p_run_id bigint, p_counts jsonb)
returns void
language sql volatile set search_path = ''
as $$
  update public.sweep_runs r set finished_at = clock_timestamp(), counts = p_counts where r.id = p_run_id;
$$;

-- What is due now and how long it has been due.
create function private.overdue()
returns table (kind text, due bigint, oldest_due_at timestamptz)
language sql volatile set search_path = ''
as $$
  select 'messages', count(*), min(q.available_at)
  from public.message_queue q
  where q.status <> 'dead' and q.available_at <= clock_timestamp()
  union all
  select 'conversations', count(*), min(c.sweep_at)
  from public.conversations c
  where c.sweep_at <= clock_timestamp()
  union all
  select 'sends', count(*), min(coalesce(m.send_after, m.send_started_at + private.send_grace(), m.created_at))
  from public.messages m
  where m.direction = 'outbound'
    and m.message_sid is null
    and m.delivery_status in ('pending', 'sending', 'unknown')
    and coalesce(m.send_after, m.send_started_at + private.send_grace(), m.created_at) <= clock_timestamp();
$$;

-- What the sweep looks for.

-- Sessions with something to do and nobody doing it: due rows or unfinished sends, and no live lease. Fresh messages are
-- left to the invocation that brought them. A list without promises: whoever works on it takes the lease first.
create function public.recover_stalled(p_limit integer default 50, p_settle_seconds integer default 1)
returns setof uuid
language sql volatile set search_path = ''
as $$
  select s.id
  from public.sessions s
  join (
    select w.session_id, min(w.since) as since
    from (
      select q.session_id, q.available_at as since
      from public.message_queue q
      where q.status <> 'dead'
        and q.available_at <= clock_timestamp()
        and q.created_at <= clock_timestamp() - make_interval(secs => p_settle_seconds)
      union all
      select m.session_id, coalesce(m.send_after, m.send_started_at, m.created_at)
      from public.messages m
      where m.direction = 'outbound'
        and m.message_sid is null
        and case m.delivery_status
          when 'pending' then coalesce(m.send_after, m.created_at) <= clock_timestamp()
          when 'sending' then m.send_started_at + private.send_grace() <= clock_timestamp()
          when 'unknown' then m.send_started_at + private.send_grace() <= clock_timestamp()
        end
        and m.delivery_status in ('pending', 'sending', 'unknown')
    ) w
    group by w.session_id
  ) stalled on stalled.session_id = s.id
  where s.batch_lock_until is null or s.batch_lock_until <= clock_timestamp()
  order by stalled.since
  limit p_limit
  for no key update of s skip locked;
$$;

-- The interval of a schedule that schedule_sweep made.
create function private.schedule_interval(p_schedule text)
returns interval
language sql immutable set search_path = ''
as $$
  select case
    when p_schedule like '% seconds' then make_interval(secs => split_part(p_schedule, ' ', 1)::integer)
    when p_schedule like '*/%' then make_interval(mins => substring(p_schedule from '\d+')::integer)
    when p_schedule = '0 * * * *' then interval '1 hour'
    else interval '1 minute'
  end;
$$;

-- Schedules the sweep, or changes its interval; zero takes it off the schedule. Returns the schedule in force, null when
-- pg_cron is not to be had here. pg_cron knows seconds from 1.5 on; before, the sweep runs every minute. Machines may not
-- enter pg_cron's schema, hence security definer.
create function public.schedule_sweep(p_seconds integer default 30)
returns text
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_version integer[];
  v_schedule text;
begin
  if p_seconds not between 0 and 3600 then
    raise exception using errcode = 'PT422', message = 'The sweep runs every 1 to 3600 seconds, or, at 0, never.';
  end if;
  select regexp_match(e.extversion, '^(\d+)\.(\d+)')::integer[] into v_version
  from pg_catalog.pg_extension e
  where e.extname = 'pg_cron';
  if not found then
    return null;
  end if;
  if p_seconds = 0 then
    execute format('select %1$I.unschedule(j.jobid) from %1$I.job j where j.jobname = ''recado-sweep''', 'cron');
    return null;
  end if;

  v_schedule := case
    when p_seconds < 60 and v_version >= array[1, 5] then format('%s seconds', p_seconds)
    when p_seconds < 120 then '* * * * *'
    when p_seconds < 3600 then format('*/%s * * * *', p_seconds / 60)
    else '0 * * * *'
  end;
  execute format('select %I.schedule(''recado-sweep'', $1, ''select private.call_sweep()'')', 'cron') using v_schedule;
  return v_schedule;
end;
$$;

-- One bounded step of housekeeping: raw payloads past their retention, old records of ticks and of the cron. Null or zero
-- days keep everything. Resumes where the last step stopped.
create function public.sweep_housekeeping(p_raw_retention_days integer, p_limit integer default 2000)
returns table (raw_payloads integer, sweep_runs integer, cron_runs integer)
language plpgsql volatile set search_path = ''
as $$
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
    select p.position into v_from from public.sweep_positions p where p.task = 'raw_payloads' for update skip locked;
    if found then
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
$$;

-- How far housekeeping has come, so that a tick resumes where the last one stopped.
create table public.sweep_positions (
  task text primary key,
  position bigint not null
);

alter table public.sweep_positions enable row level security;

create policy nobody_reads_sweep_positions on public.sweep_positions for select to authenticated using (false);

-- One row a tick of the sweep: what it did, and how late it came for the oldest thing that was due.
create table public.sweep_runs (
  id bigint generated always as identity primary key,
  started_at timestamptz not null default clock_timestamp(),
  finished_at timestamptz,
  late_seconds numeric not null default 0,
  counts jsonb not null default '{}',
  constraint run_finishes_after_it_started check (finished_at >= started_at)
);

create index sweep_runs_by_start on public.sweep_runs (started_at);

alter table public.sweep_runs enable row level security;

-- Machines only: said so, that it is not mistaken for forgotten.
create policy nobody_reads_sweep_runs on public.sweep_runs for select to authenticated using (false);

-- The schedule in force and when it last fired; null where there is none. "succeeded" in pg_cron's own table only means
-- that the call was queued.
create function private.sweep_schedule()
returns table (schedule text, last_fired_at timestamptz)
language plpgsql stable security definer set search_path = ''
as $$
begin
  if to_regclass('cron.job') is null then
    return;
  end if;
  execute format(
    'select j.schedule, (select max(d.start_time) from %1$I.job_run_details d where d.jobid = j.jobid)
     from %1$I.job j where j.jobname = ''recado-sweep'' and j.active',
    'cron'
  ) into schedule, last_fired_at;
  if schedule is not null then
    return next;
  end if;
end;
$$;

-- At a glance: when the sweep last finished, what is overdue, and whether it is dead (three intervals, at least three
-- minutes, without a finished run). A call that fails leaves no finished run, so a function that answers 500 shows here too.
create view public.sweep_health with (security_invoker = true) as
select
  r.last_started_at,
  r.last_finished_at,
  s.schedule,
  s.last_fired_at,
  o.overdue_messages,
  o.overdue_conversations,
  o.overdue_sends,
  o.late_seconds,
  coalesce(
    r.last_finished_at < clock_timestamp() - greatest(interval '3 minutes', 3 * private.schedule_interval(s.schedule)),
    true
  ) as is_dead
from (
  select max(started_at) as last_started_at, max(finished_at) as last_finished_at
  from public.sweep_runs
) r
cross join (
  select
    coalesce(sum(due) filter (where kind = 'messages'), 0) as overdue_messages,
    coalesce(sum(due) filter (where kind = 'conversations'), 0) as overdue_conversations,
    coalesce(sum(due) filter (where kind = 'sends'), 0) as overdue_sends,
    coalesce(round(extract(epoch from clock_timestamp() - min(oldest_due_at)), 3), 0) as late_seconds
  from private.overdue()
) o
left join private.sweep_schedule() s on true;

-- A secret of Supabase's Vault; null where there is no Vault or no such secret.
create function private.vault_secret(p_name text)
returns text
language plpgsql stable set search_path = ''
as $$
declare
  v_secret text;
begin
  if to_regclass('vault.decrypted_secrets') is null then
    return null;
  end if;
  execute format('select s.decrypted_secret from %I.decrypted_secrets s where s.name = $1', 'vault')
  into v_secret
  using p_name;
  return v_secret;
end;
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

-- The assistant answers again, from the next message on.
create function public.hand_back_conversation(p_conversation_id uuid, p_reason text default null)
returns public.conversations
language sql volatile set search_path = ''
as $$
  select private.move_for_member(p_conversation_id, 'progress', p_reason);
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

-- A person's message to the customer; returns its id. It leaves with the next sweep, which is called at once where the
-- schedule is set up.
create function public.send_operator_message(p_conversation_id uuid, p_body text)
returns uuid
language sql volatile set search_path = ''
as $$
  select private.write_operator_message(p_conversation_id, p_body);
$$;

-- A person answers from now on: the assistant stays silent, and its reply under way is not sent unless its POST has begun.
create function public.take_over_conversation(p_conversation_id uuid, p_reason text default null)
returns public.conversations
language sql volatile set search_path = ''
as $$
  select private.move_for_member(p_conversation_id, 'human_handoff', p_reason);
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

-- Who may call what. Every function of ours is in this list, and none of anybody else's.

revoke all on function
  private.advance_delivery, private.assistant_of, private.batch_of_holder, private.begin_next_send,
  private.begun_send, private.call_sweep, private.cap_message, private.claimed_batch, private.clear_cron_runs,
  private.completed_batch, private.conversation_for_inbound, private.count_model_call, private.cron_is_ours,
  private.customer_service_window, private.dead_letter, private.delivery_moves, private.expires_at,
  private.fallback_message, private.has_due_rows, private.is_holder, private.is_machine, private.is_open,
  private.keep_orphan, private.legal_moves, private.lock_session, private.move_conversation,
  private.move_for_member, private.my_owners, private.next_sweep_at, private.on_auth_user,
  private.on_auth_user_deleted, private.overdue, private.put_off_until_tomorrow, private.reason_not_to_send,
  private.record_sid, private.redrive, private.require_role, private.return_rows, private.say_idle,
  private.schedule_interval, private.send_grace, private.send_payload, private.sweep_schedule,
  private.tie_auth_user, private.vault_secret, private.write_operator_message, public.acquire_batch_lock,
  public.adopt_orphaned_messages, public.begin_send, public.begin_sweep, public.claim_batch,
  public.close_conversation, public.complete_batch, public.extend_batch_lock, public.fail_batch,
  public.finish_sweep, public.hand_back_batch, public.hand_back_conversation, public.ingest_inbound_message,
  public.known_message_sids, public.record_delivery_status, public.record_send, public.recover_stalled,
  public.redrive_dead_letter, public.register_organization, public.release_batch_lock, public.schedule_sweep,
  public.send_operator_message, public.sweep_conversations, public.sweep_housekeeping,
  public.take_over_conversation, public.transition_conversation
from public, anon, authenticated;

-- Machines: our own edge functions.
grant execute on function
  private.advance_delivery, private.assistant_of, private.batch_of_holder, private.begin_next_send,
  private.begun_send, private.call_sweep, private.cap_message, private.claimed_batch, private.clear_cron_runs,
  private.completed_batch, private.conversation_for_inbound, private.count_model_call, private.cron_is_ours,
  private.customer_service_window, private.dead_letter, private.delivery_moves, private.expires_at,
  private.fallback_message, private.has_due_rows, private.is_holder, private.is_machine, private.is_open,
  private.keep_orphan, private.legal_moves, private.lock_session, private.move_conversation,
  private.move_for_member, private.my_owners, private.next_sweep_at, private.on_auth_user,
  private.on_auth_user_deleted, private.overdue, private.put_off_until_tomorrow, private.reason_not_to_send,
  private.record_sid, private.redrive, private.require_role, private.return_rows, private.say_idle,
  private.schedule_interval, private.send_grace, private.send_payload, private.sweep_schedule,
  private.tie_auth_user, private.vault_secret, private.write_operator_message, public.acquire_batch_lock,
  public.adopt_orphaned_messages, public.begin_send, public.begin_sweep, public.claim_batch,
  public.close_conversation, public.complete_batch, public.extend_batch_lock, public.fail_batch,
  public.finish_sweep, public.hand_back_batch, public.hand_back_conversation, public.ingest_inbound_message,
  public.known_message_sids, public.record_delivery_status, public.record_send, public.recover_stalled,
  public.redrive_dead_letter, public.register_organization, public.release_batch_lock, public.schedule_sweep,
  public.send_operator_message, public.sweep_conversations, public.sweep_housekeeping,
  public.take_over_conversation, public.transition_conversation
to service_role;

-- People: what they may do, in public; where their membership is checked, in private.
grant execute on function
  public.take_over_conversation, public.hand_back_conversation, public.close_conversation, public.send_operator_message,
  public.redrive_dead_letter, private.my_owners, private.move_for_member, private.write_operator_message, private.redrive
to authenticated;

grant usage on schema public, private to service_role;
grant usage on schema private to authenticated;

-- Who may touch which rows; which of them they see is said by the policies beside each table. Tokens are in no grant.

revoke all on
  public.owners, public.model_calls, public.users, public.assistants, public.twilio_accounts, public.senders,
  public.sessions, public.conversations, public.conversation_state_history, public.messages, public.message_queue,
  public.reply_batches, public.orphaned_messages, public.sweep_runs, public.sweep_positions, public.sweep_health
from anon, authenticated;

grant all on
  public.owners, public.model_calls, public.users, public.assistants, public.twilio_accounts, public.senders,
  public.sessions, public.conversations, public.conversation_state_history, public.messages, public.message_queue,
  public.reply_batches, public.orphaned_messages, public.sweep_runs, public.sweep_positions, public.sweep_health
to service_role;
revoke all on sequence
  public.conversation_state_history_id_seq, public.messages_seq_seq, public.message_queue_id_seq, public.sweep_runs_id_seq
from anon, authenticated;
grant all on sequence
  public.conversation_state_history_id_seq, public.messages_seq_seq, public.message_queue_id_seq, public.sweep_runs_id_seq
to service_role;

grant select on
  public.owners, public.users, public.assistants, public.senders, public.sessions, public.conversations,
  public.conversation_state_history, public.messages, public.message_queue, public.reply_batches,
  public.orphaned_messages, public.model_calls
to authenticated;
grant select (id, owner_id, account_sid, created_at) on public.twilio_accounts to authenticated;
grant update (
  name, instructions, model, locale, quiet_window_ms, max_wait_ms, overlap, idle_minutes, expiry_minutes,
  pending_expiry_minutes, idle_message, fallback_message, content_sid, max_inbound_per_minute, enabled_tools
) on public.assistants to authenticated;

-- Supabase Auth is there on every Supabase project; on a plain database people are tied to nobody.
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

-- The schedule: pg_cron calls the sweep over HTTP through pg_net. Where either is missing or not preloaded, or pg_cron belongs
-- to another database, nothing is scheduled and nothing breaks: any other clock may make the same call.
do $$
begin
  if private.cron_is_ours() and exists (select from pg_catalog.pg_available_extensions where name = 'pg_cron') then
    create extension if not exists pg_cron;
  end if;
  if exists (select from pg_catalog.pg_available_extensions where name = 'pg_net' and installed_version is null) then
    -- What it offers is in a schema of its own, net, and the extension itself should not be in public. It refuses where the
    -- server does not preload it.
    begin
      if to_regnamespace('extensions') is null then
        create extension pg_net;
      else
        create extension pg_net with schema extensions;
      end if;
    exception
      when others then
        raise notice 'The sweep is not called from here: pg_net cannot be made (%).', sqlerrm;
    end;
  end if;
  perform public.schedule_sweep();
end;
$$;
