-- explain_sweep for an organization's admin. PT403 for everybody else.
create function private.explain_sweep_for_member()
returns table (reason text, detail text)
language plpgsql stable security definer set search_path = ''
as $$
begin
  if not private.is_machine() and not exists (select from private.my_owners('admin')) then
    raise exception using errcode = 'PT403', message = 'This takes a role that you do not have here.';
  end if;
  return query
  select r.reason, r.detail
  from public.sweep_health h
  cross join jsonb_to_recordset(h.reasons) as r (reason text, detail text);
end;
$$;
