create function private.lift_for_member(p_session_id uuid)
returns boolean
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_session public.sessions;
begin
  select s.* into v_session from public.sessions s where s.id = p_session_id;
  perform private.require_role(v_session.owner_id, 'admin', 'agent');
  if v_session.id is null then
    raise exception using errcode = 'PT404', message = 'There is no such session.';
  end if;
  select s.* into v_session from public.sessions s where s.id = p_session_id for no key update;
  if v_session.opt_out_by = 'customer' then
    raise exception using errcode = 'PT422', message = 'The customer asked for silence: only the customer can take that back.';
  end if;
  update public.sessions s set opted_out_at = null, opt_out_by = null where s.id = p_session_id;
  return v_session.opted_out_at is not null;
end;
$$;
