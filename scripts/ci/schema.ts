import { plan, serializeSnapshot } from "@supabase/pg-delta";
import assert from "node:assert/strict";
import { pathToFileURL } from "node:url";
import postgres from "postgres";
import { draftMigration } from "../schema/migration.ts";
import { readSchemaFiles, type SchemaFile } from "../schema/schema_files.ts";
import { buildBoth } from "../schema/two_databases.ts";
import { ensureSupabaseSchema } from "stack/migrations/supabase_schema.ts";
import { postgresBinaries } from "stack/postgres/binaries.ts";
import { startPostgres } from "stack/postgres/server.ts";
import { freePort } from "stack/processes/ports.ts";
import { debian15, dumpOf } from "./debian_postgres.ts";
import { supabaseCli } from "./supabase_cli.ts";

// No `_test.ts`: it needs Debian's PostgreSQL 15 and the Supabase CLI, so it is run by `deno task ci schema`.

const supabase = new URL("../../supabase/", import.meta.url);

/** The columns of every relation in their order, of which a comparison of facts says nothing. */
async function columnsOf(url: string): Promise<string[]> {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  try {
    const rows = await sql<{ columns: string }[]>`
      select format('%s(%s)', c.oid::regclass, string_agg(a.attname, ', ' order by a.attnum)) as columns
      from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
      where c.relnamespace in ('public'::regnamespace, 'private'::regnamespace) and c.relkind in ('r', 'v')
      group by c.oid order by 1`;
    return rows.map(({ columns }) => columns);
  } finally {
    await sql.end();
  }
}

for (const binaries of [debian15, postgresBinaries()]) {
  Deno.test(`migrations and schema build the same database on PostgreSQL ${binaries.majorVersion}`, async () => {
    await using both = await buildBoth({ binaries });
    const { migrated, declared } = both;
    assert.deepEqual(plan(migrated, declared).actions.map(({ sql }) => sql), []);
    const about = { pgVersion: "", redactSecrets: true };
    assert.equal(serializeSnapshot(migrated, about), serializeSnapshot(declared, about));
    assert.deepEqual(await columnsOf(both.migratedUrl), await columnsOf(both.declaredUrl));
    if (binaries === debian15) assert.equal(await dumpOf(both.migratedUrl), await dumpOf(both.declaredUrl));
  });
}

/** The schema with a line of one file changed. */
async function edited(name: string, from: string, to: string): Promise<SchemaFile[]> {
  const files = await readSchemaFiles();
  const file = files.find((each) => each.name === name);
  assert.ok(file?.sql.includes(from), `${name} has no ${from}`);
  return files.map((each) => each === file ? { name, sql: each.sql.replace(from, to) } : each);
}

/** A copy of what the CLI reads, in a folder of its own. */
async function copyOfProject(): Promise<{ path: string; folder: URL } & AsyncDisposable> {
  const path = await Deno.makeTempDir({ prefix: "recado-project-" });
  await Deno.mkdir(`${path}/supabase/migrations`, { recursive: true });
  for (const file of ["config.toml", "seed.sql"]) {
    await Deno.copyFile(new URL(file, supabase), `${path}/supabase/${file}`);
  }
  for await (const { name } of Deno.readDir(new URL("migrations/", supabase))) {
    await Deno.copyFile(new URL(`migrations/${name}`, supabase), `${path}/supabase/migrations/${name}`);
  }
  return {
    path,
    folder: pathToFileURL(`${path}/supabase/`),
    [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }),
  };
}

const claim = "70_batches/claim_batch.sql";
const [before, after] = ["attempts_exhausted", "attempts_used_up"];

Deno.test("an edit by hand of the schema alone, or of the migrations alone, is noticed", async () => {
  assert.equal((await draftMigration()).sql, null);
  assert.notEqual((await draftMigration({ files: await edited(claim, before, after) })).sql, null);

  const open = await edited("90_access/functions.sql", "public.begin_sweep, ", "");
  await assert.rejects(draftMigration({ files: open, allowDrops: true }), {
    code: "function_open",
    message: /begin_sweep\(integer\)/,
  });

  await using project = await copyOfProject();
  const file = `${project.path}/supabase/migrations/20991231235959_by_hand.sql`;
  await Deno.writeTextFile(file, "alter table public.sessions add column mood text;");
  await assert.rejects(draftMigration({ supabase: project.folder }), { code: "migration_drops" });
  const { drops } = await draftMigration({ supabase: project.folder, allowDrops: true });
  assert.equal(drops.length, 1);
});

Deno.test("a migration that brings names begins with a guard that has them", async () => {
  const added = `create table public.moods (id integer primary key);
    alter table public.moods enable row level security;
    revoke all on public.moods from anon, authenticated, service_role;`;
  const { sql } = await draftMigration({
    files: [...await readSchemaFiles(), { name: "99_added/moods.sql", sql: added }],
    allowDrops: true,
  });
  assert.match(sql ?? "", /^-- [^\n]+\ndo \$guard\$[^;]*'moods', 'moods_pkey'/);
});

Deno.test("a line of claim_batch becomes a migration of that function alone, which the CLI pushes", async () => {
  await using project = await copyOfProject();
  const home = await Deno.makeTempDir({ prefix: "recado-schema-" });
  const server = await startPostgres({ dataDir: `${home}/data`, port: freePort(), durable: false });
  const sql = postgres(server.url, { max: 1, onnotice: () => {} });
  const push = async () => {
    const args = ["db", "push", "--yes", `--remote=${server.url}`];
    const { success, output } = await supabaseCli(args, { project: project.path });
    assert.ok(success, `the CLI failed:\n${output}`);
  };
  const isPushed = async () =>
    (await sql`select prosrc like ${`%${after}%`} as pushed from pg_proc where proname = 'claim_batch'`)[0]
      ?.pushed;
  try {
    await ensureSupabaseSchema(sql, server.url);
    await sql`drop schema supabase_migrations cascade`;
    await push();
    assert.equal(await isPushed(), false);

    const { sql: text } = await draftMigration({ files: await edited(claim, before, after) });
    assert.ok(text);
    assert.deepEqual(text.match(/^CREATE OR REPLACE FUNCTION \S+?(?=\()/gm), [
      "CREATE OR REPLACE FUNCTION public.claim_batch",
    ]);
    const others = text.replace(/^CREATE OR REPLACE FUNCTION[\s\S]*?^\$function\$;$/m, "").match(
      /^[A-Za-z].*$/gm,
    );
    assert.deepEqual(others, ["set local check_function_bodies = off;"]);
    await Deno.writeTextFile(`${project.path}/supabase/migrations/20991231235959_attempts.sql`, text);
    await push();
    assert.equal(await isPushed(), true);
  } finally {
    await sql.end();
    await server.stop();
    await Deno.remove(home, { recursive: true });
  }
});
