-- The calls that were queued with pg_net, whose answers have a number but no address: by the number ours are told from those of
-- other applications. pg_net forgets answers after six hours, housekeeping the calls after a day. Numbers begin anew when
-- pg_net's queue, which is unlogged, is lost in a crash.
create table private.sweep_calls (
  request_id bigint primary key,
  called_at timestamptz not null default clock_timestamp()
);
