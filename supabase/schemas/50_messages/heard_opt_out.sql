-- The session as it is once the customer has written at `p_at`, with what Twilio's Advanced Opt-Out read in it. The newer word
-- counts, whatever order they come in. Twilio's own refusal (21610) is over as soon as the customer writes again.
create function private.heard_opt_out(p_session public.sessions, p_opt_out text, p_at timestamptz)
returns public.sessions
language plpgsql immutable set search_path = ''
as $$
begin
  if p_opt_out = 'STOP' then
    if p_session.opted_in_at is null or p_session.opted_in_at <= p_at then
      p_session.opted_out_at := greatest(p_session.opted_out_at, p_at);
      p_session.opt_out_by := 'customer';
    end if;
  elsif p_opt_out = 'START' then
    if p_session.opted_out_at is null or p_session.opted_out_at <= p_at then
      p_session.opted_out_at := null;
      p_session.opt_out_by := null;
      p_session.opted_in_at := greatest(p_session.opted_in_at, p_at);
    end if;
  elsif p_session.opt_out_by = 'twilio' and p_session.opted_out_at <= p_at then
    p_session.opted_out_at := null;
    p_session.opt_out_by := null;
  end if;
  return p_session;
end;
$$;
