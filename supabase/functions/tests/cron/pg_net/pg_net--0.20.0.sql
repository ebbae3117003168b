-- What pg_net offers, as far as the schedule and its tests need it; its worker is courier.ts. Like the real one it refuses, in
-- words and code, where the server does not preload it: there the setting pg_net.ttl is unknown.

create schema net;

create unlogged table net.http_request_queue (
  id bigserial,
  method text not null,
  url text not null,
  headers jsonb,
  body bytea,
  timeout_milliseconds integer not null
);

create unlogged table net._http_response (
  id bigint,
  status_code integer,
  content_type text,
  headers jsonb,
  content text,
  timed_out boolean,
  error_msg text,
  created timestamptz not null default now()
);

create function net.wake()
returns void
language plpgsql
as $$
begin
  if coalesce(current_setting('pg_net.ttl', true), '') = '' then
    raise exception using errcode = 'XX000', message = 'pg_net is not in shared_preload_libraries';
  end if;
  perform pg_notify('pg_net_wake', '');
end;
$$;

-- Only queued here: the caller never waits for the answer.
create function net.http_post(
  url text,
  body jsonb default '{}'::jsonb,
  params jsonb default '{}'::jsonb,
  headers jsonb default '{"Content-Type": "application/json"}'::jsonb,
  timeout_milliseconds integer default 5000
)
returns bigint
language plpgsql
as $$
declare
  request_id bigint;
begin
  insert into net.http_request_queue (method, url, headers, body, timeout_milliseconds)
  values ('POST', url, headers, convert_to(body::text, 'UTF8'), timeout_milliseconds)
  returning id into request_id;
  perform net.wake();
  return request_id;
end;
$$;

grant usage on schema net to public;
grant all on all sequences in schema net to public;
grant all on all tables in schema net to public;

select net.wake();
