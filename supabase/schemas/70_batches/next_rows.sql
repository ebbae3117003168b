-- The messages that the next reply is to answer: the oldest that wait, as many as one prompt holds, at least one. Those in
-- back-off come along; those beyond the customer's limit do not. The caller holds the session's row lock.
create function private.next_rows(p_session public.sessions, p_max_messages integer, p_max_characters integer)
returns uuid[]
language sql volatile set search_path = ''
as $$
  select array_agg(n.message_id order by n.id)
  from (
    select
      w.id, w.message_id, row_number() over (order by w.id) as place,
      sum(char_length(m.body)) over (order by w.id) as characters
    from (
      select q.id, q.message_id
      from private.waiting_rows q
      where q.session_id = p_session.id
        and (q.available_at <= clock_timestamp() or q.available_at is distinct from p_session.rate_limited_until)
      order by q.id
      limit p_max_messages
    ) w
    join public.messages m on m.id = w.message_id
  ) n
  where n.place = 1 or n.characters <= p_max_characters;
$$;
