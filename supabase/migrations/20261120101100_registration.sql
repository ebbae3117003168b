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
