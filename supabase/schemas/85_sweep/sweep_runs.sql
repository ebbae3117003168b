-- One row a tick of the sweep: what it did, and how late it came for the oldest thing that was due. While it is open and its
-- budget lasts, that tick is at work and no other begins.
create table public.sweep_runs (
  id bigint generated always as identity primary key,
  started_at timestamptz not null default clock_timestamp(),
  finished_at timestamptz,
  late_seconds numeric not null default 0,
  counts jsonb not null default '{}',
  works_until timestamptz not null default clock_timestamp(),
  asked_again_at timestamptz,
  constraint run_finishes_after_it_started check (finished_at >= started_at)
);

create index sweep_runs_by_start on public.sweep_runs (started_at);
create index sweep_runs_at_work on public.sweep_runs (works_until) where finished_at is null;

alter table public.sweep_runs enable row level security;

-- Machines only: said so, that it is not mistaken for forgotten.
create policy nobody_reads_sweep_runs on public.sweep_runs for select to authenticated using (false);
