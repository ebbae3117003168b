-- Takes the session's messages out of the queue: nobody answers them but a person, or nobody at all. `p_spare_claimed` leaves
-- those that a holder is answering. The caller holds the session's row lock.
create function private.leave_unanswered(p_session_id uuid, p_reason text, p_spare_claimed boolean default false)
returns void
language plpgsql volatile set search_path = ''
as $$
begin
  with left_out as (
    delete from private.waiting_rows w
    where w.session_id = p_session_id and not (p_spare_claimed and w.status = 'processing')
    returning w.message_id
  )
  update public.messages m
  set unanswered_reason = p_reason
  from left_out l
  where m.id = l.message_id;
end;
$$;
