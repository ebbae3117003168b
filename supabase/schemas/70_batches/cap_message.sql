-- What the customer reads, once a day, when the owner's daily cap of model calls is reached.
create function private.cap_message(p_assistant public.assistants)
returns text
language sql immutable set search_path = ''
as $$
  select case left(lower(p_assistant.locale), 2)
    when 'en' then 'Thank you for your message. We have reached our limit for today and will answer you tomorrow.'
    when 'es' then 'Gracias por tu mensaje. Hoy llegamos a nuestro límite y te responderemos mañana.'
    else 'Obrigado pela mensagem. Atingimos o nosso limite de hoje e responderemos amanhã.'
  end;
$$;
