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
