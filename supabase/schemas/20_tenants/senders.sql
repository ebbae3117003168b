create table public.senders (
  address text primary key,
  owner_id uuid not null references public.owners (id) on delete cascade,
  twilio_account_id uuid not null,
  assistant_id uuid not null,
  messaging_service_sid text,
  active boolean not null default true,
  created_at timestamptz not null default clock_timestamp(),
  constraint sender_uses_an_account_of_its_owner foreign key (owner_id, twilio_account_id)
    references public.twilio_accounts (owner_id, id) on delete cascade,
  constraint sender_uses_an_assistant_of_its_owner foreign key (owner_id, assistant_id)
    references public.assistants (owner_id, id),
  constraint messaging_service_sid_is_twilios check (messaging_service_sid ~ '^MG[0-9a-fA-F]{32}$')
);

create index senders_by_account on public.senders (owner_id, twilio_account_id);
create index senders_by_assistant on public.senders (owner_id, assistant_id);

alter table public.senders enable row level security;

create policy members_see_senders on public.senders
  for select to authenticated using (owner_id in (select private.my_owners()));
