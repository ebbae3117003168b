create table public.assistants (
  id uuid primary key default gen_random_uuid(),
  owner_id uuid not null references public.owners (id) on delete cascade,
  name text not null,
  instructions text not null default '',
  model text,
  locale text not null default 'pt-BR',
  quiet_window_ms integer not null default 4000,
  max_wait_ms integer not null default 20000,
  overlap text not null default 'append',
  idle_minutes integer not null default 60,
  expiry_minutes integer not null default 1440,
  pending_expiry_minutes integer not null default 2880,
  idle_message text,
  fallback_message text,
  content_sid text,
  max_inbound_per_minute integer not null default 1200,
  enabled_tools text[] not null default '{}',
  created_at timestamptz not null default clock_timestamp(),
  delay_notice_seconds integer default 120,
  delay_message text,
  max_reply_parts integer not null default 3,
  max_replies_per_minute integer not null default 10,
  max_replies_per_hour integer not null default 60,
  constraint assistant_belongs_to_owner unique (owner_id, id),
  constraint quiet_window_is_within_max_wait check (quiet_window_ms between 0 and max_wait_ms),
  constraint max_wait_is_at_most_two_minutes check (max_wait_ms <= 120000),
  constraint overlap_is_known check (overlap in ('append', 'supersede')),
  constraint lifetimes_are_positive check (least(idle_minutes, expiry_minutes, pending_expiry_minutes) > 0),
  constraint inbound_limit_is_positive check (max_inbound_per_minute > 0),
  constraint content_sid_is_a_template check (content_sid ~ '^HX[0-9a-fA-F]{32}$'),
  constraint idle_message_can_be_sent check (idle_message ~ '\S' and char_length(idle_message) <= 1600),
  constraint fallback_message_can_be_sent check (fallback_message ~ '\S' and char_length(fallback_message) <= 1600),
  constraint delay_message_can_be_sent check (delay_message ~ '\S' and char_length(delay_message) <= 1600),
  constraint texts_fit_a_prompt check (
    char_length(instructions) <= 50000 and char_length(name) <= 200 and char_length(model) <= 200
    and char_length(locale) <= 35
  ),
  constraint delay_notice_is_positive check (delay_notice_seconds > 0),
  constraint reply_has_one_to_ten_parts check (max_reply_parts between 1 and 10),
  constraint reply_limits_are_positive check (least(max_replies_per_minute, max_replies_per_hour) > 0)
);

comment on column public.assistants.max_inbound_per_minute is
  'Of one customer. What comes beyond it is stored, and answered once the minute is over.';
comment on column public.assistants.delay_notice_seconds is
  'After so long without a reply the customer is told, once, that it takes longer. Null: never.';
comment on column public.assistants.max_reply_parts is 'A longer answer of the model is asked for again, shorter.';
comment on column public.assistants.max_replies_per_minute is 'To one customer. Beyond it, or beyond the limit an hour, a person is asked for.';
comment on column public.assistants.content_sid is 'The approved template that is sent once the 24 h window has closed.';

alter table public.assistants enable row level security;

create policy members_see_assistants on public.assistants
  for select to authenticated using (owner_id in (select private.my_owners()));
create policy admins_change_assistants on public.assistants
  for update to authenticated
  using (owner_id in (select private.my_owners('admin')))
  with check (owner_id in (select private.my_owners('admin')));
