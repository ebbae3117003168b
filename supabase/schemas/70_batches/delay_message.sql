-- What the customer reads, once, when a reply takes longer, unless the assistant has words of its own.
create function private.delay_message(p_assistant public.assistants)
returns text
language sql immutable set search_path = ''
as $$
  select coalesce(p_assistant.delay_message, case left(lower(p_assistant.locale), 2)
    when 'en' then 'Thank you for your patience: this reply takes longer than usual. You will still get it.'
    when 'es' then 'Gracias por tu paciencia: esta respuesta tarda más de lo normal, pero llegará.'
    else 'Obrigado pela paciência: esta resposta está demorando mais que o normal, mas vai chegar.'
  end);
$$;
