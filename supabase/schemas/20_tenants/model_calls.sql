-- Model calls an owner has had on one day. Locked last of all, for a moment.
create table public.model_calls (
  owner_id uuid not null references public.owners (id) on delete cascade,
  day date not null,
  calls integer not null default 0,
  primary key (owner_id, day)
);

alter table public.model_calls enable row level security;

create policy admins_see_usage on public.model_calls
  for select to authenticated using (owner_id in (select private.my_owners('admin')));
