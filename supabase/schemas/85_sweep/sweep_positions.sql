-- How far housekeeping has come, so that a tick resumes where the last one stopped.
create table public.sweep_positions (
  task text primary key,
  position bigint not null
);

alter table public.sweep_positions enable row level security;

create policy nobody_reads_sweep_positions on public.sweep_positions for select to authenticated using (false);
