-- What became of a send: the answer to the POST, a match in Twilio's list, or a status callback.

-- Whether a delivery status may follow another: forward only, and nothing follows a terminal one but `read` a `delivered`.
create function private.delivery_moves(p_from text, p_to text)
returns boolean
language sql immutable set search_path = ''
as $$
  select case
    when p_from in ('failed', 'undelivered', 'canceled', 'read') then false
    else coalesce(
      array_position(v.ranked, case when p_to in ('failed', 'undelivered', 'canceled') then 'delivered' else p_to end)
        > array_position(v.ranked, p_from),
      false
    )
  end
  from (values (array[
    'pending', 'sending', 'unknown', 'accepted', 'scheduled', 'queued', 'sent', 'delivered', 'read'
  ])) as v (ranked);
$$;
