-- Moves a conversation and writes its history: nothing else changes a state. The caller holds the session's row lock and
-- has read `p_conversation` under it. With a person's coming what waits for the assistant is over, sends and messages alike,
-- but for what a holder has under way. Going idle is no activity, so it does not put off the expiry. An illegal move is PT422.
create function private.move_conversation(
  p_conversation public.conversations,
  p_to_status text,
  p_changed_by text,
  p_reason text
)
returns public.conversations
language plpgsql volatile set search_path = ''
as $$
declare
  v_now constant timestamptz := clock_timestamp();
  v_moved public.conversations;
begin
  if not exists (
    select from private.legal_moves() m
    where m.from_status = p_conversation.status and m.to_status = p_to_status
  ) then
    raise exception using
      errcode = 'PT422',
      message = format('A conversation cannot move from %s to %s.', p_conversation.status, p_to_status);
  end if;

  update public.conversations c
  set
    status = p_to_status,
    version = c.version + 1,
    updated_at = case when p_to_status = 'idle_timeout' then c.updated_at else v_now end,
    ended_at = case when private.is_open(p_to_status) then null else v_now end,
    sweep_at = private.next_sweep_at(
      p_to_status,
      case when p_to_status = 'idle_timeout' then c.updated_at else v_now end,
      private.assistant_of(c.session_id)
    )
  where c.id = p_conversation.id and c.version = p_conversation.version
  returning c.* into v_moved;
  if not found then
    raise exception using errcode = 'PT409', message = 'The conversation was changed meanwhile.';
  end if;

  insert into public.conversation_state_history
    (owner_id, conversation_id, from_status, to_status, version, changed_by, reason, at)
  values
    (v_moved.owner_id, v_moved.id, p_conversation.status, p_to_status, v_moved.version, p_changed_by, p_reason, v_now);

  if p_to_status = 'human_handoff' then
    update public.messages m
    set delivery_status = 'canceled', cancel_reason = 'handoff'
    where m.session_id = v_moved.session_id
      and m.direction = 'outbound'
      and m.author <> 'operator'
      and m.message_sid is null
      and m.delivery_status = 'pending';
    perform private.leave_unanswered(v_moved.session_id, 'handoff', p_spare_claimed => true);
  end if;
  return v_moved;
end;
$$;
