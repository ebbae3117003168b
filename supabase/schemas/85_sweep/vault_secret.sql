-- A secret of Supabase's Vault; null where there is no Vault or no such secret.
create function private.vault_secret(p_name text)
returns text
language plpgsql stable set search_path = ''
as $$
declare
  v_secret text;
begin
  if to_regclass('vault.decrypted_secrets') is null then
    return null;
  end if;
  execute format('select s.decrypted_secret from %I.decrypted_secrets s where s.name = $1', 'vault')
  into v_secret
  using p_name;
  return v_secret;
end;
$$;
