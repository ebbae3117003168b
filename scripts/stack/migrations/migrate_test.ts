import assert from "node:assert/strict";
import { pathToFileURL } from "node:url";
import postgres from "postgres";
import { AppError } from "functions/_shared/runtime/errors.ts";
import { prepareDatabase } from "./migrate.ts";
import { freePort } from "../processes/ports.ts";
import { startPostgres } from "../postgres/server.ts";

const first = "create table public.kept (id int generated always as identity, body text);";

interface Ground extends AsyncDisposable {
  url: string;
  sql: postgres.Sql;
  folder: URL;
  write(path: string, text: string): Promise<void>;
}

/** A server of its own, and a folder of migrations that a test writes. */
async function ground(): Promise<Ground> {
  const home = await Deno.makeTempDir({ prefix: "recado-migrate-" });
  const server = await startPostgres({ dataDir: `${home}/data`, port: freePort(), durable: false });
  await Deno.mkdir(`${home}/supabase/migrations`, { recursive: true });
  const sql = postgres(server.url, { max: 1, onnotice: () => {} });
  return {
    url: server.url,
    sql,
    folder: pathToFileURL(`${home}/supabase/`),
    write: (path, text) => Deno.writeTextFile(`${home}/supabase/${path}`, text),
    async [Symbol.asyncDispose]() {
      await sql.end();
      await server.stop();
      await Deno.remove(home, { recursive: true });
    },
  };
}

function failure(code: string, ...parts: RegExp[]) {
  return (cause: unknown) =>
    cause instanceof AppError && cause.code === code && parts.every((part) => part.test(cause.message));
}

Deno.test("migrations are applied in order, once, and recorded as the Supabase CLI does; so is the seed", async () => {
  await using on = await ground();
  const { url, sql, folder } = on;
  const steps: string[] = [];
  const prepare = () => prepareDatabase(url, { seed: true, folder, onProgress: (step) => steps.push(step) });
  await on.write("migrations/20260101000000_kept.sql", first);
  await on.write("migrations/notes.sql", "this is no migration");
  await on.write("seed.sql", "insert into public.kept (body) values ('seed; one'); select 1;");
  await prepare();
  await on.write("migrations/20260102000000_more.sql", "alter table public.kept add more text;\nselect 1;");
  await Promise.all([prepare(), prepare()]);

  assert.deepEqual(steps, [
    "migrations/20260101000000_kept.sql",
    "seed.sql",
    "migrations/20260102000000_more.sql",
  ]);
  const recorded = await sql`
    select version, name, statements from supabase_migrations.schema_migrations order by version`;
  assert.deepEqual([...recorded], [
    { version: "20260101000000", name: "kept", statements: [first.slice(0, -1)] },
    {
      version: "20260102000000",
      name: "more",
      statements: ["alter table public.kept add more text", "select 1"],
    },
  ]);
  assert.equal((await sql`select * from public.kept`).length, 1);
});

Deno.test("a database gets Supabase's roles, its grants by default and its schema auth", async () => {
  await using on = await ground();
  const { url, sql, folder } = on;
  await on.write("migrations/20260101000000_kept.sql", first);
  await prepareDatabase(url, { seed: false, folder });
  const roles = await sql<{ rolname: string; rolbypassrls: boolean; rolcanlogin: boolean }[]>`
    select rolname, rolbypassrls, rolcanlogin from pg_roles
    where rolname in ('anon', 'authenticated', 'service_role', 'authenticator') order by rolname`;
  assert.deepEqual([...roles], [
    { rolname: "anon", rolbypassrls: false, rolcanlogin: false },
    { rolname: "authenticated", rolbypassrls: false, rolcanlogin: false },
    { rolname: "authenticator", rolbypassrls: false, rolcanlogin: true },
    { rolname: "service_role", rolbypassrls: true, rolcanlogin: false },
  ]);
  const [user] = await sql<{ uid: string | null; may_read: boolean; users: number }[]>`
    select auth.uid() as uid, has_table_privilege('anon', 'public.kept', 'select') as may_read,
      (select count(*)::int from auth.users) as users`;
  assert.deepEqual(user, { uid: null, may_read: true, users: 0 });
});

Deno.test("a failing migration leaves nothing and names file, line and statement", async () => {
  await using on = await ground();
  const { url, sql, folder } = on;
  await on.write(
    "migrations/20260101000000_bad.sql",
    `${first}\n\ncreate view public.v as\n  select nothing;\n`,
  );
  await assert.rejects(
    prepareDatabase(url, { seed: true, folder }),
    failure("migration_failed", /20260101000000_bad\.sql, line 4:/, /42703/, /create view public\.v/),
  );
  assert.equal((await sql`select 1 from pg_class where relname = 'kept'`).length, 0);
  await on.write("migrations/20260101000000_bad.sql", first);
  await prepareDatabase(url, { seed: true, folder });
});

Deno.test("a migration that changed after it was applied is told", async () => {
  await using on = await ground();
  await on.write("migrations/20260101000000_kept.sql", first);
  await prepareDatabase(on.url, { seed: false, folder: on.folder });
  await on.write("migrations/20260101000000_kept.sql", `-- A comment more.\n${first}`);
  await prepareDatabase(on.url, { seed: false, folder: on.folder });
  await on.write("migrations/20260101000000_kept.sql", first.replace("body text", "body json"));
  await assert.rejects(
    prepareDatabase(on.url, { seed: false, folder: on.folder }),
    failure("migrations_changed", /20260101000000/),
  );
});

Deno.test("the database of a real Supabase is left alone, and one out of reach is told", async () => {
  await using on = await ground();
  await on.sql`create role supabase_admin`;
  await assert.rejects(
    prepareDatabase(on.url, { seed: false, folder: on.folder }),
    failure("database_of_supabase"),
  );
  assert.equal((await on.sql`select 1 from pg_roles where rolname = 'anon'`).length, 0);
  const nowhere = `postgresql://postgres@127.0.0.1:${freePort()}/postgres`;
  await assert.rejects(prepareDatabase(nowhere, { seed: false }), failure("database_unreachable"));
});
