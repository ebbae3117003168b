-- How long to wait after the `p_failures`th failure in a row: doubling from one second up to `p_ceiling`, less up to a fifth at
-- random, so that what failed together does not return together. A longer wish of the server's is honoured, up to an hour.
create function private.pause_after(p_failures integer, p_ceiling interval, p_asked_ms bigint default 0)
returns interval
language sql volatile set search_path = ''
as $$
  select greatest(
    least(interval '1 second' * power(2, least(greatest(p_failures, 1), 30) - 1), p_ceiling) * (1 - random() / 5),
    least(make_interval(secs => coalesce(p_asked_ms, 0) / 1000.0), interval '1 hour')
  );
$$;
