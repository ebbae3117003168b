-- What becomes of messages that get no answer now: put off by the daily cap, or given up on as a dead letter.

-- What the customer reads when a batch is given up on, unless the assistant has words of its own.
create function private.fallback_message(p_assistant public.assistants)
returns text
language sql immutable set search_path = ''
as $$
  select coalesce(p_assistant.fallback_message, case left(lower(p_assistant.locale), 2)
    when 'en' then 'Sorry, I am having technical difficulties. Please try again in a few minutes.'
    when 'es' then 'Lo siento, tengo dificultades técnicas. Inténtalo de nuevo en unos minutos.'
    else 'Desculpe, estou com dificuldades técnicas. Tente novamente em alguns minutos.'
  end);
$$;
