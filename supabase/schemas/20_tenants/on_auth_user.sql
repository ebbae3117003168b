create function private.on_auth_user()
returns trigger
language plpgsql volatile security definer set search_path = ''
as $$
begin
  perform private.tie_auth_user(lower(new.email));
  return new;
end;
$$;
