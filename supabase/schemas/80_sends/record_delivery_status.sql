-- A status callback of Twilio's, in whatever order and number they come. With our message id in it, it also teaches the
-- SID of a send whose response was lost. Only the account that sent the message may say so. Locks the session, then the
-- message. Outcomes: recorded, overruled (a match in a listing), repeated (no news), replaced (of a send that was put
-- back since), second_sid, taken, unknown_message. `wake_session_id` is a session that can go on now and that nobody holds.
create function public.record_delivery_status(
  p_account_sid text,
  p_message_sid text,
  p_delivery_status text,
  p_message_id uuid default null,
  p_error_code integer default null,
  p_may_pass boolean default false
)
returns table (outcome text, wake_session_id uuid)
language plpgsql volatile set search_path = ''
as $$
declare
  v_message_id uuid;
  v_session public.sessions;
begin
  select m.id, m.session_id into v_message_id, v_session.id
  from public.messages m
  join public.sessions s on s.id = m.session_id
  left join public.senders n on n.address = s.sender and n.owner_id = s.owner_id
  left join public.twilio_accounts t on t.id = n.twilio_account_id
  where coalesce(m.account_sid, t.account_sid) = p_account_sid
    and m.direction = 'outbound'
    and m.id = coalesce(
      p_message_id,
      (select o.id from public.messages o where o.message_sid = p_message_sid),
      (select f.message_id from public.former_message_sids f where f.message_sid = p_message_sid)
    );
  if not found then
    return query select 'unknown_message', null::uuid;
    return;
  end if;

  select s.* into v_session from public.sessions s where s.id = v_session.id for no key update;
  outcome := private.record_sid(v_message_id, p_message_sid, 'callback');
  if outcome in ('recorded', 'overruled', 'repeated') then
    outcome := case
      when private.advance_delivery(v_message_id, p_delivery_status, p_error_code, p_may_pass, outcome <> 'repeated')
        then case outcome when 'repeated' then 'recorded' else outcome end
      else 'repeated'
    end;
  end if;
  if outcome in ('recorded', 'overruled')
    and p_delivery_status not in ('accepted', 'scheduled', 'queued', 'sending')
    and coalesce(v_session.batch_lock_until <= clock_timestamp(), true)
    and exists (select from private.due_work d where d.session_id = v_session.id and d.kind = 'sends')
  then
    wake_session_id := v_session.id;
  end if;
  return next;
end;
$$;
