import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { supabaseCli } from "../supabase_cli.ts";
import { changed, privilegesOfNew, takeInventory } from "./inventory.ts";
import { startSupabaseProject, type SupabaseProject } from "./supabase_project.ts";

// No `_test.ts`: it needs Debian's pg_cron and the Supabase CLI, so it is run by `deno task ci push`.

const project = fileURLToPath(new URL("../../../", import.meta.url));
const push = ({ url }: SupabaseProject) =>
  supabaseCli(["db", "push", "--yes", `--remote=${url}`], { project });

async function startWithOtherApplication(version: 15 | 17): Promise<SupabaseProject> {
  const started = await startSupabaseProject(version);
  const { admin, owner } = started;
  const application = await Deno.readTextFile(new URL("other_application.sql", import.meta.url));
  await owner.unsafe(application);
  await admin`insert into vault.secrets (name, secret) values ('theirs', 'xyzzy')`;
  return started;
}

/** What a bad guest would do, and a word of what is then found changed. */
const badManners: [string, RegExp][] = [
  ["revoke all on all tables in schema public from anon", /relation todos/],
  ["revoke all on all functions in schema public from public, authenticated", /function close_day\(\)/],
  [
    "alter default privileges in schema public revoke all on tables from anon, authenticated",
    /default privileges of postgres in public on r/,
  ],
  ["grant select (word) on public.secrets_of_theirs to anon", /column secrets_of_theirs\.word/],
  [
    "delete from cron.job_run_details where end_time < now() - interval '7 days'",
    /row of cron\.job_run_details/,
  ],
  ["delete from public.todos where body = 'milk'", /row of todos/],
  ["alter table public.todos disable row level security", /relation todos/],
];

for (const version of [15, 17] as const) {
  Deno.test(`beside another application on PostgreSQL ${version} nothing of theirs changes`, async (t) => {
    await using guest = await startWithOtherApplication(version);
    const { admin, owner } = guest;
    const [isSuper] = await owner`select rolsuper from pg_roles where rolname = current_user`;
    assert.equal(isSuper?.rolsuper, false);
    const before = await takeInventory(admin);
    const expected = await privilegesOfNew(owner);

    const first = await push(guest);
    assert.ok(first.success, first.output);
    assert.deepEqual(changed(before, await takeInventory(admin)), []);
    assert.deepEqual(await privilegesOfNew(owner), expected);
    const [job] = await admin`select username from cron.job where jobname = 'recado-sweep'`;
    assert.equal(job?.username, "postgres");

    await t.step("the second push is up to date", async () => {
      const second = await push(guest);
      assert.ok(second.success && /up to date/i.test(second.output), second.output);
      assert.deepEqual(changed(before, await takeInventory(admin)), []);
    });

    await t.step("housekeeping forgets old runs of our own job, ended or not, and of no other", async () => {
      await admin`
        insert into cron.job_run_details (jobid, runid, database, username, command, status, start_time, end_time)
        select j.jobid, r.runid, j.database, j.username, j.command, r.status, now() - r.age, now() - r.ended
        from cron.job j, (values
          (8000001, 'starting', null::interval, null::interval),
          (8000002, 'succeeded', interval '9 days', interval '9 days'),
          (8000003, 'failed', interval '8 days', null),
          (8000004, 'succeeded', interval '6 days', interval '6 days')
        ) r (runid, status, age, ended)
        where j.jobname = 'recado-sweep'`;
      const [counts] = await owner`select cron_runs from public.sweep_housekeeping(90)`;
      assert.equal(counts?.cron_runs, 3);
      const left =
        await admin`select runid::integer from cron.job_run_details where runid between 8000001 and 8000004`;
      assert.deepEqual(left.map(({ runid }) => runid), [8000004]);
      assert.deepEqual(changed(before, await takeInventory(admin)), []);
    });

    await t.step("what a schema grants by default closes no function, so a list must", async () => {
      const undo = new Error("undone");
      const attempt = owner.begin(async (as) => {
        await as`alter default privileges in schema private revoke all on functions from public`;
        await as`create function private.added_later() returns integer language sql as 'select 1'`;
        const [open] = await as`
          select has_function_privilege('anon', 'private.added_later()', 'execute') as to_anon`;
        assert.equal(open?.to_anon, true);
        throw undo;
      });
      await assert.rejects(attempt, undo);
    });

    for (const [statement, found] of badManners) {
      await t.step(`${statement}: would be noticed`, async () => {
        const undo = new Error("undone");
        const attempt = admin.begin(async (as) => {
          // Default privileges are those of who pushes.
          await as.unsafe(
            statement.startsWith("alter default") ? `set local role postgres; ${statement}` : statement,
          );
          await as.unsafe("reset role");
          assert.ok(changed(before, await takeInventory(as)).some((each) => found.test(each)), statement);
          throw undo;
        });
        await assert.rejects(attempt, undo);
      });
    }
  });
}

Deno.test("a project that grants nothing by default has all that machines and people need, and no more", async () => {
  await using guest = await startSupabaseProject(17);
  const { admin, owner } = guest;
  for (const kind of ["tables", "sequences", "functions"]) {
    await owner.unsafe(`
      alter default privileges in schema public revoke all on ${kind} from anon, authenticated, service_role`);
  }
  const bare = await push(guest);
  assert.ok(bare.success, bare.output);
  await using usual = await startSupabaseProject(17);
  const { success, output } = await push(usual);
  assert.ok(success, output);
  assert.deepEqual(await grantsOf(admin), await grantsOf(usual.admin));
});

/** Who of the Data API may do what with what is ours. */
async function grantsOf(sql: SupabaseProject["admin"]): Promise<string[]> {
  const rows = await sql<{ granted: string }[]>`
    select format('%s %s %s', o.name, a.grantee::regrole, a.privilege_type) as granted
    from (
      select oid::regclass::text, relacl from pg_class
      where relnamespace in ('public'::regnamespace, 'private'::regnamespace)
      union all
      select oid::regprocedure::text, proacl from pg_proc
      where pronamespace in ('public'::regnamespace, 'private'::regnamespace)
      union all
      select nspname::text, nspacl from pg_namespace where nspname in ('public', 'private')
    ) o (name, acl) cross join aclexplode(o.acl) a
    where a.grantee <> 0 and a.grantee::regrole::text in ('anon', 'authenticated', 'service_role')
    order by 1`;
  return rows.map(({ granted }) => granted);
}

Deno.test("where names are taken the push stops with a sentence that has them, before anything changed", async (t) => {
  await using guest = await startSupabaseProject(17);
  const { admin, owner } = guest;
  await owner.unsafe(`
    create schema private;
    create table public.users (id integer primary key);
    create view public.messages as select 1 as one;
    create type public.owners as enum ('one');
    create function public.claim_batch(integer) returns integer language sql as 'select 1'`);
  const before = await takeInventory(admin);
  const names = "function public.claim_batch, index public.users_pkey, schema private, table public.users, " +
    "type public.owners, view public.messages";

  const stopped = await push(guest);
  assert.ok(!stopped.success);
  assert.ok(
    stopped.output.includes(
      `Recado stops before it changed anything, because names that it needs are taken: rename ${names}, ` +
        "or give Recado a Supabase project of its own.",
    ),
    stopped.output,
  );
  const after = await takeInventory(admin);
  assert.deepEqual(changed(before, after), []);
  const ours = [...after.keys()].filter((name) => !before.has(name) && !name.includes("supabase_migrations"));
  assert.deepEqual(ours.filter((name) => !/pg_toast/.test(name)), []);

  await t.step("and once they are renamed it goes through", async () => {
    await owner.unsafe(`
      alter schema private rename to theirs;
      alter table public.users rename to people;
      alter index public.users_pkey rename to people_pkey;
      alter view public.messages rename to notes;
      alter type public.owners rename to owning;
      alter function public.claim_batch(integer) rename to claim`);
    const { success, output } = await push(guest);
    assert.ok(success, output);
  });
});
