create table public.users (
  id uuid primary key default gen_random_uuid(),
  owner_id uuid not null references public.owners (id) on delete cascade,
  auth_id uuid,
  name text not null,
  email text not null,
  phone text,
  role text not null default 'user',
  active boolean not null default true,
  created_at timestamptz not null default clock_timestamp(),
  constraint user_email_is_unique_per_owner unique (owner_id, email),
  constraint user_email_is_lower_case check (email = lower(email)),
  constraint user_role_is_known check (role in ('admin', 'agent', 'user'))
);

comment on table public.users is 'A person of an owner. auth_id ties the row to Supabase Auth.';

create index users_by_auth_id on public.users (auth_id) where auth_id is not null;

alter table public.users enable row level security;

create policy members_see_themselves_and_staff_sees_all on public.users
  for select to authenticated
  using (owner_id in (select private.my_owners('admin', 'agent')) or auth_id = (select auth.uid()));
