create function private.on_auth_user_deleted()
returns trigger
language plpgsql volatile security definer set search_path = ''
as $$
begin
  update public.users u set auth_id = null where u.auth_id = old.id;
  return old;
end;
$$;
