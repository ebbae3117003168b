-- Who Recado works for: organizations, their people, their assistants and their WhatsApp senders.

-- What PostgREST must not expose lives here.
create schema private;

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

-- Model calls an owner has had on one day. Locked last of all, for a moment.
create table public.model_calls (
  owner_id uuid not null references public.owners (id) on delete cascade,
  day date not null,
  calls integer not null default 0,
  primary key (owner_id, day)
);

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
  constraint assistant_belongs_to_owner unique (owner_id, id),
  constraint quiet_window_is_within_max_wait check (quiet_window_ms between 0 and max_wait_ms),
  constraint max_wait_is_at_most_two_minutes check (max_wait_ms <= 120000),
  constraint overlap_is_known check (overlap in ('append', 'supersede')),
  constraint lifetimes_are_positive check (least(idle_minutes, expiry_minutes, pending_expiry_minutes) > 0),
  constraint inbound_limit_is_positive check (max_inbound_per_minute > 0),
  constraint content_sid_is_a_template check (content_sid ~ '^HX[0-9a-fA-F]{32}$')
);
comment on column public.assistants.max_inbound_per_minute is
  'Of one customer. What comes beyond it is stored, and answered once the minute is over.';
comment on column public.assistants.content_sid is 'The approved template that is sent once the 24 h window has closed.';

create table public.twilio_accounts (
  id uuid primary key default gen_random_uuid(),
  owner_id uuid not null references public.owners (id) on delete cascade,
  account_sid text not null,
  auth_token_encrypted text not null,
  previous_auth_token_encrypted text,
  created_at timestamptz not null default clock_timestamp(),
  constraint account_sid_is_unique unique (account_sid),
  constraint account_sid_is_twilios check (account_sid ~ '^AC[0-9a-fA-F]{32}$'),
  constraint twilio_account_belongs_to_owner unique (owner_id, id)
);
comment on table public.twilio_accounts is
  'Tokens are compact JWE (A256GCM) that bind the account SID. The previous token is accepted while a rotation lasts.';

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
