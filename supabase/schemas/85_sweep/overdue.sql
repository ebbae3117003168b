-- What is due now and how long it has been due.
create function private.overdue()
returns table (kind text, due bigint, oldest_due_at timestamptz)
language sql volatile set search_path = ''
as $$
  select 'messages', count(*), min(w.available_at)
  from private.waiting_rows w
  where w.available_at <= clock_timestamp()
  union all
  select 'conversations', count(*), min(c.sweep_at)
  from public.conversations c
  where c.sweep_at <= clock_timestamp()
  union all
  select 'sends', count(*), min(private.send_due_at(u))
  from private.unfinished_sends u
  where private.send_due_at(u) <= clock_timestamp();
$$;
