-- SIDs among `p_message_sids` that some message has, or had: a listing must not hand them out again.
create function public.known_message_sids(p_message_sids jsonb)
returns setof text
language sql stable set search_path = ''
as $$
  select m.message_sid
  from public.messages m
  where m.message_sid in (select jsonb_array_elements_text(p_message_sids))
  union
  select f.message_sid
  from public.former_message_sids f
  where f.message_sid in (select jsonb_array_elements_text(p_message_sids));
$$;
