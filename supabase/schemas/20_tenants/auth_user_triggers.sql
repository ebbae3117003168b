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
