create function private.completed_batch(p_batch public.reply_batches, p_send jsonb)
returns jsonb
language sql stable set search_path = ''
as $$
  select jsonb_build_object(
    'outcome', 'completed',
    'message_ids', jsonb_agg(to_jsonb(m.id) order by m.position),
    'send', p_send
  )
  from public.messages m
  where m.batch_id = p_batch.id and m.direction = 'outbound';
$$;
