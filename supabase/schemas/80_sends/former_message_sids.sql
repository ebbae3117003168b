-- SIDs that an outbound row had before, or has beside its own: of a send that Twilio failed later, for a passing reason, and
-- that was put back; of a match in a listing that proof overruled; of a row that went out twice. No other message may be taken for them.
create table public.former_message_sids (
  message_sid text primary key,
  message_id uuid not null references public.messages (id) on delete cascade,
  reason text not null,
  created_at timestamptz not null default clock_timestamp(),
  constraint reason_is_known check (reason in ('returned', 'overruled', 'second'))
);

create index former_message_sids_by_message on public.former_message_sids (message_id);

alter table public.former_message_sids enable row level security;

-- Machines only: said so, that it is not mistaken for forgotten.
create policy nobody_reads_former_message_sids on public.former_message_sids for select to authenticated using (false);
