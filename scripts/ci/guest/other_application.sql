-- Somebody else's application in the same project: what it has, and what must be just so afterwards. Run by postgres.

create table public.todos (id bigint generated always as identity primary key, body text not null, author uuid);
insert into public.todos (body) values ('milk'), ('bread');
alter table public.todos enable row level security;
create policy everybody_reads on public.todos for select using (true);

create table public.secrets_of_theirs (id integer primary key, word text);
revoke all on public.secrets_of_theirs from anon, authenticated;
grant select (id) on public.secrets_of_theirs to anon;
insert into public.secrets_of_theirs values (1, 'plover');

create view public.open_todos as select body from public.todos;
create materialized view public.counted_todos as select count(*) from public.todos;
create type public.mood as enum ('calm', 'busy');
create domain public.short_text as text check (length(value) < 10);
create function public.close_day() returns void language sql as $$ delete from public.todos where body = 'done' $$;
create function public.whoami() returns text language sql stable security definer as $$ select current_user::text $$;
revoke all on function public.whoami() from public, anon;
create function public.on_todo() returns trigger language plpgsql as $$ begin return new; end $$;
create trigger todo_written before insert on public.todos for each row execute function public.on_todo();

create schema shop;
grant usage on schema shop to anon;
create table shop.orders (id integer primary key);
insert into shop.orders values (7);
grant select on shop.orders to anon;
alter default privileges in schema shop grant select on tables to anon;

-- Defaults of their own, project-wide and of one schema.
create role reporting nologin;
alter default privileges grant select on tables to reporting;
alter default privileges in schema public grant execute on functions to reporting;
grant usage on schema public to reporting;

-- Another extension's objects in public.
create extension citext with schema public;
create extension hstore with schema public;

create function public.on_new_user() returns trigger language plpgsql security definer as $$ begin return new; end $$;
create trigger on_auth_user_created after insert on auth.users for each row execute function public.on_new_user();
insert into auth.users (id, email) values ('00000000-0000-4000-8000-000000000001', 'ana@example.test');

select cron.schedule('nightly', '0 3 1 1 *', 'select public.close_day()');
insert into cron.job_run_details (jobid, runid, database, username, command, status, start_time, end_time)
select j.jobid, r.runid, j.database, j.username, j.command, r.status, r.start_time, r.end_time
from cron.job j, (values
  (9000001, 'succeeded', now() - interval '90 days', now() - interval '90 days'),
  (9000002, 'failed', now() - interval '30 days', null),
  (9000003, 'starting', null, null)
) r (runid, status, start_time, end_time)
where j.jobname = 'nightly';
