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
