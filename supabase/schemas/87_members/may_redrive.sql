-- Whether the assistant may answer in a session: no person has it, and the customer wants replies.
create function private.may_redrive(p_session_id uuid)
returns boolean
language sql stable set search_path = ''
as $$
  select s.opted_out_at is null and not exists (
    select from public.conversations c where c.session_id = s.id and c.status = 'human_handoff'
  )
  from public.sessions s
  where s.id = p_session_id;
$$;
