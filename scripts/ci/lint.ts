import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import postgres from "postgres";
import { prepareDatabase } from "stack/migrations/migrate.ts";
import { freePort } from "stack/processes/ports.ts";
import { startPostgres } from "stack/postgres/server.ts";
import { debianWithPgNet } from "tests/cron/debian_with_pg_net.ts";
import { supabaseCli } from "./supabase_cli.ts";

// No `_test.ts`: it needs Debian's plpgsql_check and the Supabase CLI, so it is run by `deno task ci lint`.

const project = fileURLToPath(new URL("../../", import.meta.url));

const advisors = ["db", "advisors", "--level=warn", "--fail-on=warn"];
const rules = [
  { args: ["db", "lint", "--level=warning", "--fail-on=warning"], clean: "No schema errors found" },
  { args: advisors, clean: "No issues found" },
];

/**
 * A migrated database, and what the CLI's rules say of it. Debian's, for plpgsql_check is packaged for it: the CLI makes that
 * extension itself and rolls it back. pg_net, which every Supabase project has and Debian has not, is a stand-in of that name:
 * the migrations make it, and the advisors look at the schema in which it is.
 */
async function migratedDatabase() {
  const home = await Deno.makeTempDir({ prefix: "recado-lint-" });
  const server = await startPostgres({
    dataDir: `${home}/data`,
    port: freePort(),
    durable: false,
    binaries: await debianWithPgNet(`${home}/debian`),
  });
  const admin = postgres(server.url, { max: 1, onnotice: () => {} });
  // As if it were preloaded.
  await admin`alter database postgres set pg_net.ttl = '6 hours'`;
  await admin.end();
  await prepareDatabase(server.url, { seed: true });
  const sql = postgres(server.url, { max: 1, onnotice: () => {} });
  // As in a Supabase project: several rules look only at the schemas that the Data API exposes.
  await sql`alter database postgres set pgrst.db_schemas = 'public,graphql_public'`;
  return {
    sql,
    run: (args: string[]) => supabaseCli([...args, `--remote=${server.url}`], { project }),
    async [Symbol.asyncDispose]() {
      await sql.end();
      await server.stop();
      await Deno.remove(home, { recursive: true });
    },
  };
}

Deno.test("the Supabase CLI finds nothing in the migrated database", async (t) => {
  await using database = await migratedDatabase();
  const [available] = await database.sql`
    select installed_version from pg_available_extensions where name = 'plpgsql_check'`;
  assert.ok(available, "apt-get install postgresql-15-plpgsql-check");
  assert.equal(available.installed_version, null, "the extension is not there beforehand");
  const [net] = await database.sql`
    select extnamespace::regnamespace::text as schema from pg_extension where extname = 'pg_net'`;
  assert.equal(net?.schema, "extensions", "the migrations made pg_net");
  for (const { args, clean } of rules) {
    await t.step(args.join(" "), async () => {
      const { success, output } = await database.run(args);
      assert.ok(success && output.includes(clean), output);
    });
  }
  const [left] = await database.sql`select from pg_extension where extname = 'plpgsql_check'`;
  assert.equal(left, undefined, "the CLI takes its extension away again");

  await t.step(
    "a function that cannot run, and a table without row level security, would be noticed",
    async () => {
      await database.sql.unsafe(`
      create table public.open_to_all (id integer primary key);
      grant all on public.open_to_all to anon, authenticated;
      create function public.broken() returns integer language plpgsql set search_path = ''
      as $$ begin return (select nothing from public.open_to_all); end; $$`);
      for (const { args } of rules) {
        const { success, output } = await database.run(args);
        assert.ok(!success && /broken|open_to_all/.test(output), output);
      }
      await database.sql`drop table public.open_to_all cascade`;
      await database.sql`drop function public.broken()`;
    },
  );

  await t.step("pg_net in public would be noticed", async () => {
    await database.sql`drop extension pg_net`;
    await database.sql`create extension pg_net with schema public`;
    const { success, output } = await database.run(advisors);
    assert.ok(!success && output.includes("pg_net"), output);
  });
});
