-- What is due now and how long it has been due.
create function private.overdue()
returns table (kind text, due bigint, oldest_due_at timestamptz)
language sql volatile set search_path = ''
as $$
  select d.kind, count(*), min(d.due_at)
  from private.due_work d
  group by d.kind
  union all
  select 'conversations', count(*), min(c.sweep_at)
  from public.conversations c
  where c.sweep_at <= clock_timestamp();
$$;
