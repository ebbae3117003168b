import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import postgres from "postgres";
import { prepareDatabase } from "stack/migrations/migrate.ts";
import { freePort } from "stack/processes/ports.ts";
import { startPostgres } from "stack/postgres/server.ts";
import { postgresBinaries } from "stack/postgres/binaries.ts";
import { ensureSupabaseSchema } from "stack/migrations/supabase_schema.ts";
import { debian15 } from "./debian_postgres.ts";
import { supabaseCli } from "./supabase_cli.ts";

// No `_test.ts`: it needs Debian's PostgreSQL 15 and the Supabase CLI, so it is run by `deno task ci push`.

const project = fileURLToPath(new URL("../../", import.meta.url));
const servers = [debian15, postgresBinaries()];

async function push(url: string): Promise<string> {
  const { success, output } = await supabaseCli(
    ["db", "push", "--yes", "--include-seed", `--remote=${url}`],
    { project },
  );
  assert.ok(success, `the CLI failed:\n${output}`);
  return output;
}

async function migrationVersions(): Promise<string[]> {
  const versions: string[] = [];
  for await (const { name } of Deno.readDir(`${project}/supabase/migrations`)) {
    const [, version] = name.match(/^(\d+)_.*\.sql$/) ?? [];
    if (version !== undefined) versions.push(version);
  }
  return versions.sort();
}

for (const binaries of servers) {
  Deno.test(`the CLI pushes every migration and the seed to an empty PostgreSQL ${binaries.majorVersion}, once`, async () => {
    const home = await Deno.makeTempDir({ prefix: "recado-push-" });
    const server = await startPostgres({
      dataDir: `${home}/data`,
      port: freePort(),
      durable: false,
      binaries,
    });
    const sql = postgres(server.url, { max: 1, onnotice: () => {} });
    try {
      await ensureSupabaseSchema(sql, server.url);
      // The CLI makes its own.
      await sql`drop schema supabase_migrations cascade`;

      await push(server.url);
      const versions = await migrationVersions();
      const applied = () =>
        sql<{ version: string }[]>`select version from supabase_migrations.schema_migrations order by 1`;
      assert.deepEqual((await applied()).map(({ version }) => version), versions);
      const [demo] = await sql`select 1 from public.senders where address = 'whatsapp:+14155238886'`;
      assert.ok(demo, "the demo tenant is there");

      await push(server.url);
      await prepareDatabase(server.url, {
        seed: true,
        onProgress: (step) => assert.fail(`${step} is not new here`),
      });
      assert.equal((await applied()).length, versions.length);
    } finally {
      await sql.end();
      await server.stop();
      await Deno.remove(home, { recursive: true });
    }
  });
}
