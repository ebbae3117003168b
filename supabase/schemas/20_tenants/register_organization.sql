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
