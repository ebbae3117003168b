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
