-- Records the SID of an outbound row, whoever learned it. `response` and `callback` are proof: a row that only matched
-- the SID in a listing loses it and is unknown again. A second SID for one row means that it was sent twice.
-- Locks the row, and the one that loses the SID. Outcomes: recorded, overruled (a match for this row: it was
-- wrong, or the row was sent twice), repeated, second_sid, taken (a match that proof elsewhere overrules), replaced (of a send
-- that failed, and was put back since).
create function private.record_sid(p_message_id uuid, p_message_sid text, p_evidence text)
returns text
language plpgsql volatile set search_path = ''
as $$
declare
  v_message public.messages;
  v_other public.messages;
  v_former text;
begin
  select m.* into v_message from public.messages m where m.id = p_message_id for no key update;
  if v_message.message_sid is not null and p_evidence = 'listing' then
    return 'taken';
  end if;
  if v_message.message_sid = p_message_sid then
    update public.messages m
    set message_sid_evidence = p_evidence
    where m.id = p_message_id and m.message_sid_evidence = 'listing';
    return 'repeated';
  end if;

  select f.reason into v_former from public.former_message_sids f where f.message_sid = p_message_sid;
  if v_former = 'returned' then
    return 'replaced';
  elsif v_former is not null and p_evidence = 'listing' then
    return 'taken';
  end if;

  select m.* into v_other from public.messages m where m.message_sid = p_message_sid for no key update;
  if found then
    if p_evidence = 'listing'
      or v_other.message_sid_evidence is distinct from 'listing'
      or v_other.owner_id <> v_message.owner_id
    then
      return 'taken';
    end if;
    update public.messages m
    set message_sid = null, message_sid_evidence = null, delivery_status = 'unknown'
    where m.id = v_other.id;
  end if;

  if v_message.message_sid is null or v_message.message_sid_evidence = 'listing' then
    insert into public.former_message_sids (message_sid, message_id, reason)
    select v_message.message_sid, p_message_id, 'overruled'
    where v_message.message_sid is not null
    on conflict (message_sid) do nothing;
    update public.messages m
    set message_sid = p_message_sid, message_sid_evidence = p_evidence
    where m.id = p_message_id;
    return case when v_message.message_sid is null then 'recorded' else 'overruled' end;
  end if;

  update public.messages m set second_message_sid = p_message_sid where m.id = p_message_id;
  insert into public.former_message_sids (message_sid, message_id, reason)
  values (p_message_sid, p_message_id, 'second')
  on conflict (message_sid) do nothing;
  return 'second_sid';
end;
$$;
