-- One call of the sweep. Address and key are read now, so that changing them needs no new schedule. Does nothing but a
-- notice until both secrets and pg_net are there.
create function private.call_sweep()
returns bigint
language plpgsql volatile set search_path = ''
as $$
declare
  v_url constant text := private.vault_secret('recado_sweep_url');
  v_key constant text := private.vault_secret('recado_internal_api_key');
  v_request_id bigint;
begin
  if v_url is null or v_key is null then
    raise notice 'The sweep is not called: the Vault has no recado_sweep_url or no recado_internal_api_key.';
    return null;
  end if;
  if to_regprocedure('net.http_post(text, jsonb, jsonb, jsonb, integer)') is null then
    raise notice 'The sweep is not called: there is no pg_net.';
    return null;
  end if;
  execute format(
    'select %I.http_post(url := $1, headers := $2, body := ''{}''::jsonb, timeout_milliseconds := 60000)', 'net'
  )
  into v_request_id
  using v_url, jsonb_build_object('Content-Type', 'application/json', 'x-internal-api-key', v_key);
  return v_request_id;
end;
$$;
