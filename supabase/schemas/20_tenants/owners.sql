-- Who Recado works for.
create table public.owners (
  id uuid primary key default gen_random_uuid(),
  name text not null,
  email text not null,
  active boolean not null default true,
  daily_model_calls integer,
  created_at timestamptz not null default clock_timestamp(),
  constraint owner_email_is_unique unique (email),
  constraint owner_email_is_lower_case check (email = lower(email)),
  constraint owner_name_is_not_blank check (btrim(name) <> '')
);

comment on table public.owners is 'The tenant: an organization.';
comment on column public.owners.daily_model_calls is 'Model calls a day (UTC); what comes after waits until the next day. Null: no cap.';

-- Who may do what. Machines act as service_role; nobody else is granted anything here that is not named.

alter table public.owners enable row level security;

create policy members_see_their_owner on public.owners
  for select to authenticated using (id in (select private.my_owners()));
