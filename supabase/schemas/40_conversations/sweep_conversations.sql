-- Moves up to `p_limit` conversations whose time has come: idle, expired, or, if they were active since, to their next
-- date. Candidates are read without locks; each session is locked unless somebody else has it, and its conversation read
-- again. `more` says that others are due.
create function public.sweep_conversations(p_limit integer default 100)
returns table (idled integer, expired integer, rescheduled integer, idle_messages integer, more boolean)
language plpgsql volatile set search_path = ''
as $$
#variable_conflict use_variable
declare
  v_candidate record;
  v_session public.sessions;
  v_conversation public.conversations;
  v_assistant public.assistants;
  v_now timestamptz;
  v_seen integer := 0;
begin
  idled := 0;
  expired := 0;
  rescheduled := 0;
  idle_messages := 0;
  for v_candidate in
    select c.id, c.session_id
    from public.conversations c
    where c.sweep_at <= clock_timestamp()
    order by c.sweep_at
    limit p_limit
  loop
    v_seen := v_seen + 1;
    select s.* into v_session from public.sessions s where s.id = v_candidate.session_id for no key update skip locked;
    continue when not found;
    select c.* into v_conversation from public.conversations c where c.id = v_candidate.id for no key update;
    v_now := clock_timestamp();
    continue when v_conversation.sweep_at is null or v_conversation.sweep_at > v_now;

    v_assistant := private.assistant_of(v_session.id);
    if private.expires_at(v_conversation.status, v_conversation.updated_at, v_assistant) <= v_now then
      perform private.move_conversation(v_conversation, 'expired', 'sweep', 'Nobody wrote for too long.');
      expired := expired + 1;
    elsif v_conversation.status = 'progress'
      and v_conversation.updated_at + make_interval(mins => v_assistant.idle_minutes) <= v_now
    then
      perform private.move_conversation(v_conversation, 'idle_timeout', 'sweep', 'Nobody wrote for a while.');
      idled := idled + 1;
      if private.say_idle(v_session, v_conversation, v_assistant.idle_message) then
        idle_messages := idle_messages + 1;
      end if;
    else
      update public.conversations c
      set sweep_at = private.next_sweep_at(c.status, c.updated_at, v_assistant)
      where c.id = v_conversation.id;
      rescheduled := rescheduled + 1;
    end if;
  end loop;
  -- Where others hold every session, asking again at once would find the same.
  more := v_seen = p_limit and idled + expired + rescheduled > 0;
  return next;
end;
$$;
