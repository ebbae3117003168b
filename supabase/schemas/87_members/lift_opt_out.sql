-- Takes back the silence that Twilio asked for (21610), where a person knows better. PT422 where the customer asked for it.
-- False: there was none.
create function public.lift_opt_out(p_session_id uuid)
returns boolean
language sql volatile set search_path = ''
as $$
  select private.lift_for_member(p_session_id);
$$;
