-- One call of the sweep, and its number. Address and key are read now, so that changing them needs no new schedule. Does nothing
-- but a notice until both secrets and pg_net are there; an address that pg_net refuses fails loudly. pg_net has one worker for
-- everybody in the project, which sends nothing else until the slowest request of its batch is over: hence the short time
-- limit, for an answer that comes at once.
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
    'select %I.http_post(url := $1, headers := $2, body := ''{}''::jsonb, timeout_milliseconds := 5000)', 'net'
  )
  into v_request_id
  using v_url, jsonb_build_object('Content-Type', 'application/json', 'x-internal-api-key', v_key);
  insert into private.sweep_calls (request_id) values (v_request_id)
  on conflict (request_id) do update set called_at = excluded.called_at;
  return v_request_id;
exception
  -- How pg_net refuses where the server does not preload it, and so has no worker.
  when internal_error then
    raise notice 'The sweep is not called: %', sqlerrm;
    return null;
end;
$$;
