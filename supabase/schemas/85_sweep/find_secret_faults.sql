-- What is wrong with the two secrets that the schedule reads from the Vault, without a word of them. A key is at least 16
-- characters long.
create function private.find_secret_faults()
returns table (reason text, detail text)
language plpgsql stable set search_path = ''
as $$
declare
  v_url constant text := private.vault_secret('recado_sweep_url');
  v_key constant text := private.vault_secret('recado_internal_api_key');
begin
  if to_regclass('vault.decrypted_secrets') is null then
    return query select 'vault_absent', 'This database has no Vault, where address and key of the sweep are kept.';
    return;
  end if;
  if v_url is null then
    return query select 'url_missing', 'The Vault has no secret recado_sweep_url.';
  elsif v_url ~ '[<>]' then
    return query select 'url_malformed', 'The secret recado_sweep_url has a <placeholder> left in it.';
  elsif v_url !~ '^https?://[^\s/?#]+([/?#]\S*)?$' then
    return query select 'url_malformed', 'The secret recado_sweep_url is not an address that begins with https://.';
  end if;
  if v_key is null then
    return query select 'key_missing', 'The Vault has no secret recado_internal_api_key.';
  elsif v_key ~ '[<>\s]' then
    return query select 'key_malformed', 'The secret recado_internal_api_key has a <placeholder> or blanks in it.';
  elsif char_length(v_key) < 16 then
    return query select 'key_malformed', 'The secret recado_internal_api_key is shorter than 16 characters.';
  end if;
end;
$$;
