-- What Debian has not: pg_net, as far as the schedule calls it, and Supabase's Vault.

create schema net;
create table net.http_request_queue (
  id bigint generated always as identity primary key,
  url text not null,
  body jsonb not null,
  headers jsonb not null,
  timeout_milliseconds integer not null
);

-- Only queued here, as pg_net does: the caller never waits for the answer.
create function net.http_post(
  url text,
  body jsonb default '{}'::jsonb,
  params jsonb default '{}'::jsonb,
  headers jsonb default '{"Content-Type": "application/json"}'::jsonb,
  timeout_milliseconds integer default 5000
)
returns bigint
language sql volatile
as $$
  with queued as (
    insert into net.http_request_queue (url, body, headers, timeout_milliseconds)
    values (url, body, headers, timeout_milliseconds)
    returning http_request_queue.*
  )
  select id from queued, pg_notify('http_request', row_to_json(queued)::text);
$$;

create schema vault;
create table vault.decrypted_secrets (name text primary key, decrypted_secret text not null);
