-- begin_next_send for the holder of the lease. Locks the session. `lost`: the lease is another's.
create function public.begin_send(
  p_session_id uuid,
  p_webhook_id text,
  p_absent_message_id uuid default null,
  p_absent_attempt integer default null
)
returns jsonb
language plpgsql volatile set search_path = ''
as $$
declare
  v_session public.sessions;
begin
  select s.* into v_session from public.sessions s where s.id = p_session_id for no key update;
  if not private.is_holder(v_session, p_webhook_id) then
    return jsonb_build_object('outcome', 'lost', 'canceled', '[]'::jsonb);
  end if;
  return private.begin_next_send(v_session, p_webhook_id, p_absent_message_id, p_absent_attempt);
end;
$$;
