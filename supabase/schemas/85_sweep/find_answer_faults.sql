-- What the sweep's function last answered, where that was no success; or that pg_net leaves calls lying. An answer may bear the
-- time at which pg_net's transaction began, a little before the call.
create function private.find_answer_faults()
returns table (reason text, detail text)
language plpgsql stable set search_path = ''
as $$
declare
  v_called_at timestamptz;
  v_status integer;
  v_timed_out boolean;
  v_error text;
begin
  if to_regclass('net._http_response') is null or not has_table_privilege('net._http_response', 'select') then
    return;
  end if;
  execute format(
    'select c.called_at, r.status_code, r.timed_out, r.error_msg
     from private.sweep_calls c
     join %I._http_response r on r.id = c.request_id and r.created > c.called_at - interval ''1 minute''
     order by c.called_at desc limit 1',
    'net'
  ) into v_called_at, v_status, v_timed_out, v_error;

  if v_timed_out or (v_status is null and v_error ilike 'timeout%') then
    return query select 'call_timed_out', private.without_secrets(v_error);
  elsif v_called_at is not null and v_status is null then
    return query select 'call_failed', private.without_secrets(v_error);
  elsif v_status in (401, 403) then
    return query select 'key_refused', format('The sweep answered %s.', v_status);
  elsif v_status = 404 then
    return query select 'function_missing', 'The address answered 404.';
  elsif v_status not between 200 and 299 then
    return query select 'function_failed', format('The sweep answered %s.', v_status);
  end if;
  if exists (
    select from private.sweep_calls c
    where c.called_at > coalesce(v_called_at, '-infinity')
      and c.called_at between clock_timestamp() - interval '1 hour' and clock_timestamp() - interval '2 minutes'
  ) then
    return query select 'call_unanswered', 'pg_net has had calls of the sweep for more than two minutes.';
  end if;
end;
$$;
