-- The demo tenant. Its auth token is "local-auth-token", encrypted with the key that is published for local development.

insert into public.owners (id, name, email)
values ('00000000-0000-4000-8000-000000000001', 'Padaria Recado', 'demo@recado.test')
on conflict do nothing;

insert into public.users (id, owner_id, name, email, role)
values (
  '00000000-0000-4000-8000-000000000002', '00000000-0000-4000-8000-000000000001',
  'Ana Recado', 'demo@recado.test', 'admin'
)
on conflict do nothing;

insert into public.assistants (id, owner_id, name, instructions, locale, idle_message)
values (
  '00000000-0000-4000-8000-000000000003', '00000000-0000-4000-8000-000000000001', 'Atendente',
  'Você atende os clientes da Padaria Recado, em São Paulo. Abre todos os dias das 6h às 20h. Aceita encomendas de pães, '
    'bolos e salgados com um dia de antecedência. Seja breve, simpática e responda a tudo o que o cliente perguntou.',
  'pt-BR', null
)
on conflict do nothing;

insert into public.twilio_accounts (id, owner_id, account_sid, auth_token_encrypted)
values (
  '00000000-0000-4000-8000-000000000004', '00000000-0000-4000-8000-000000000001', 'AC00000000000000000000000000000001',
  'eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIiwia2lkIjoiY2QyZmI5NGNiOWUxOTI2NSIsImFjY291bnRfc2lkIjoiQUMwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMSJ9..CmFPccCyLmIBn-TQ.bC6J52lxTnpIrbRCjfKb4A.aobcsqk_4V3ab4u_k6f2vA'
)
on conflict do nothing;

insert into public.senders (address, owner_id, twilio_account_id, assistant_id)
values (
  'whatsapp:+14155238886', '00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000004',
  '00000000-0000-4000-8000-000000000003'
)
on conflict do nothing;
