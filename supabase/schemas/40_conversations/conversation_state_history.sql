create table public.conversation_state_history (
  id bigint generated always as identity primary key,
  owner_id uuid not null references public.owners (id) on delete cascade,
  conversation_id uuid not null references public.conversations (id) on delete cascade,
  from_status text not null,
  to_status text not null,
  version integer not null,
  changed_by text not null,
  reason text,
  at timestamptz not null default clock_timestamp(),
  constraint version_is_reached_once unique (conversation_id, version)
);

create index conversation_state_history_by_owner on public.conversation_state_history (owner_id);

alter table public.conversation_state_history enable row level security;

create policy staff_sees_history on public.conversation_state_history
  for select to authenticated using (owner_id in (select private.my_owners('admin', 'agent')));
