-- Records the SID of an outbound row, whoever learned it. `response` and `callback` are proof: a row that only matched
-- the SID in a listing loses it and is unknown again. A second SID for one row means that it was sent twice.
-- Locks the row, and the one that loses the SID. Outcomes: recorded, repeated, second_sid, taken (a match that proof
-- elsewhere overrules).
create function private.record_sid(p_message_id uuid, p_message_sid text, p_evidence text)
returns text
language plpgsql volatile set search_path = ''
as $$
declare
  v_message public.messages;
  v_other public.messages;
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

  select m.* into v_other from public.messages m where m.message_sid = p_message_sid for no key update;
  if found then
    if p_evidence = 'listing' or v_other.message_sid_evidence is distinct from 'listing' then
      return 'taken';
    end if;
    update public.messages m
    set message_sid = null, message_sid_evidence = null, delivery_status = 'unknown'
    where m.id = v_other.id;
  end if;

  if v_message.message_sid is null or v_message.message_sid_evidence = 'listing' then
    update public.messages m
    set message_sid = p_message_sid, message_sid_evidence = p_evidence
    where m.id = p_message_id;
    return 'recorded';
  end if;

  update public.messages m set second_message_sid = p_message_sid where m.id = p_message_id;
  return 'second_sid';
end;
$$;
