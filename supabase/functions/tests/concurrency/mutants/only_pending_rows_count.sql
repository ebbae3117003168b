-- Claim, release and sweep overlook what a dead holder left in `processing`.
do $$
declare
  v_function regproc;
begin
  foreach v_function in array array['public.claim_batch', 'private.has_due_rows', 'public.recover_stalled']::regproc[]
  loop
    assert pg_get_functiondef(v_function) like '%q.status <> ''dead''%';
    execute replace(pg_get_functiondef(v_function), 'q.status <> ''dead''', 'q.status = ''pending''');
  end loop;
end
$$;
