-- Whether the session had so many replies, in a minute or an hour, that it can only be a machine that answers ours. Fallbacks
-- are replies too. What a person handed back begins anew.
create function private.replies_are_too_many(p_session_id uuid, p_assistant public.assistants)
returns boolean
language sql volatile set search_path = ''
as $$
  select count(*) >= p_assistant.max_replies_per_hour
    or count(*) filter (where b.closed_at > clock_timestamp() - interval '1 minute') >= p_assistant.max_replies_per_minute
  from public.reply_batches b
  where b.session_id = p_session_id
    and b.created_at > clock_timestamp() - interval '1 hour'
    and (
      b.outcome = 'completed'
      -- Those that were redriven are not held against the customer.
      or b.outcome = 'dead' and exists (select from public.message_queue q where q.session_id = b.session_id and q.batch_id = b.id)
    )
    and b.closed_at > coalesce(
      (
        select max(h.at)
        from public.conversation_state_history h
        join public.conversations c on c.id = h.conversation_id
        where c.session_id = p_session_id and h.from_status = 'human_handoff'
      ),
      '-infinity'
    );
$$;
