-- Which messages one reply is to answer. Fenced by the lease, like all that follows.

-- A batch as the holder needs it: messages, what was said before, the assistant, the customer.
create function private.claimed_batch(p_batch public.reply_batches, p_history_limit integer)
returns jsonb
language sql stable set search_path = ''
as $$
  select jsonb_build_object(
    'outcome', 'claimed',
    'batch_id', p_batch.id,
    'attempt', p_batch.attempt,
    'message_ids', to_jsonb(p_batch.message_ids),
    'customer_name', s.profile_name,
    'assistant', jsonb_build_object(
      'instructions', a.instructions, 'locale', a.locale, 'model', a.model, 'enabled_tools', to_jsonb(a.enabled_tools)
    ),
    'messages', (
      select jsonb_agg(
        jsonb_build_object('author', m.author, 'kind', m.kind, 'body', m.body, 'media', m.media) order by m.seq
      )
      from public.messages m
      where m.id = any (p_batch.message_ids)
    ),
    'history', (
      select coalesce(
        jsonb_agg(
          jsonb_build_object('author', h.author, 'kind', h.kind, 'body', h.body, 'media', h.media) order by h.seq
        ),
        '[]'
      )
      from (
        select m.*
        from public.messages m
        where m.session_id = p_batch.session_id
          and m.conversation_id = p_batch.conversation_id
          and m.id <> all (p_batch.message_ids)
          and m.delivery_status is distinct from 'failed'
          and m.delivery_status is distinct from 'canceled'
          and not exists (
            select from private.waiting_rows w where w.session_id = m.session_id and w.message_id = m.id
          )
        order by m.seq desc
        limit p_history_limit
      ) h
    )
  )
  from public.sessions s
  cross join lateral private.assistant_of(s.id) a
  where s.id = p_batch.session_id;
$$;
