-- A batch as the holder needs it: messages, what was said before, the assistant, the customer. History is the newest that
-- fits into `p_history_characters`, less where the model has refused that much; what nobody read or nobody could answer is
-- left out of it, or named by a mark.
create function private.claimed_batch(p_batch public.reply_batches, p_history_characters integer)
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
      'instructions', a.instructions, 'locale', a.locale, 'model', a.model, 'max_reply_parts', a.max_reply_parts
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
          case
            when h.is_dead then
              jsonb_build_object('author', h.author, 'kind', 'unknown', 'body', '[unreadable message]', 'media', jsonb '[]')
            else jsonb_build_object('author', h.author, 'kind', h.kind, 'body', h.body, 'media', h.media)
          end
          order by h.seq
        ),
        '[]'
      )
      from (
        select n.*, sum(case when n.is_dead then 0 else char_length(n.body) end) over (order by n.seq desc) as characters
        from (
          select m.*, coalesce(m.unanswered_reason = 'given_up', false) as is_dead
          from public.messages m
          where m.session_id = p_batch.session_id
            and m.conversation_id = p_batch.conversation_id
            and m.id <> all (p_batch.message_ids)
            and m.delivery_status is distinct from 'failed'
            and m.delivery_status is distinct from 'undelivered'
            and (m.delivery_status is distinct from 'canceled' or m.cancel_reason = 'sent_as_template')
            and not exists (
              select from private.waiting_rows w where w.session_id = m.session_id and w.message_id = m.id
            )
          order by m.seq desc
          limit 200
        ) n
      ) h
      where h.characters <= least(p_history_characters, c.history_characters)
    )
  )
  from public.sessions s
  join public.conversations c on c.id = p_batch.conversation_id
  cross join lateral private.assistant_of(s.id) a
  where s.id = p_batch.session_id;
$$;
