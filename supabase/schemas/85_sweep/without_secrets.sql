-- A text of somebody else's about our call, without the address and the key of the Vault.
create function private.without_secrets(p_text text)
returns text
language sql stable set search_path = ''
as $$
  select replace(
    replace(p_text, coalesce(private.vault_secret('recado_sweep_url'), ''), '<recado_sweep_url>'),
    coalesce(private.vault_secret('recado_internal_api_key'), ''), '<recado_internal_api_key>'
  );
$$;
