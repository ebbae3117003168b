-- The clock stands still where the transaction began, however long it then waits for the row.
do $$
declare
  v_definition constant text := pg_get_functiondef('public.acquire_batch_lock'::regproc);
begin
  assert v_definition like '%clock_timestamp()%';
  execute replace(v_definition, 'clock_timestamp()', 'now()');
end
$$;
