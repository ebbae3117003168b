import postgres from "postgres";
import { freePort } from "stack/processes/ports.ts";
import { postgresBinaries } from "stack/postgres/binaries.ts";
import { startPostgres } from "stack/postgres/server.ts";
import { cronDatabase, startCronCluster } from "tests/cron/cluster.ts";

export interface SupabaseProject extends AsyncDisposable {
  /** As `postgres`, who is no superuser: whom the CLI pushes as. */
  readonly url: string;
  readonly owner: postgres.Sql;
  /** As `supabase_admin`, the superuser. */
  readonly admin: postgres.Sql;
}

const cronStandIn = new URL("../../../supabase/functions/tests/cron/cron_stand_in.sql", import.meta.url);
const read = (name: string) => Deno.readTextFile(new URL(name, import.meta.url));

/**
 * A server whose one database is as a Supabase project's: who owns what, who may do what. PostgreSQL 15 has Debian's pg_cron,
 * 17 a stand-in; pg_net and the Vault are stand-ins in both.
 */
export async function startSupabaseProject(version: 15 | 17): Promise<SupabaseProject> {
  await using parts = new AsyncDisposableStack();
  const port = version === 15 ? await startDebian(parts) : await startEmbedded(parts);
  const open = (user: string, database: string) => {
    const sql = postgres(urlOf(port, user, database), { max: 2, onnotice: () => {} });
    parts.defer(() => sql.end({ timeout: 1 }));
    return sql;
  };
  await makeAdmin(open);
  const admin = open("supabase_admin", cronDatabase);
  await admin.unsafe(await read("supabase_project.sql"));
  await admin.unsafe(version === 15 ? "create extension pg_cron" : await Deno.readTextFile(cronStandIn));
  await admin.unsafe(`
    grant usage on schema cron to postgres with grant option;
    grant all on all functions in schema cron to postgres with grant option;
    grant all on all tables in schema cron to postgres with grant option;
    revoke all on cron.job from postgres;
    grant select on cron.job to postgres with grant option;`);
  const owner = open("postgres", cronDatabase);
  const started = parts.move();
  return {
    url: urlOf(port, "postgres", cronDatabase),
    owner,
    admin,
    [Symbol.asyncDispose]: () => started.disposeAsync(),
  };
}

function urlOf(port: number, user: string, database: string): string {
  return `postgresql://${user}:${user}@127.0.0.1:${port}/${database}`;
}

async function startDebian(parts: AsyncDisposableStack): Promise<number> {
  return parts.use(await startCronCluster({ preload: true })).server.port;
}

async function startEmbedded(parts: AsyncDisposableStack): Promise<number> {
  const home = await Deno.makeTempDir({ prefix: "recado-guest-" });
  parts.defer(() => Deno.remove(home, { recursive: true }));
  const server = await startPostgres({
    dataDir: `${home}/data`,
    port: freePort(),
    durable: false,
    binaries: postgresBinaries(),
  });
  parts.defer(async () => void await server.stop());
  const sql = postgres(server.url, { max: 1, onnotice: () => {} });
  await sql`create database ${sql(cronDatabase)}`;
  await sql.end();
  return server.port;
}

/** The first superuser can be renamed, not demoted; and only by another. */
async function makeAdmin(open: (user: string, database: string) => postgres.Sql): Promise<void> {
  const first = open("postgres", "postgres");
  await first`create role renamer superuser login`;
  await first.end();
  const renamer = open("renamer", "postgres");
  await renamer`alter role postgres rename to supabase_admin`;
  await renamer`create role postgres login createrole createdb replication bypassrls password 'postgres'`;
  await renamer`alter database ${renamer(cronDatabase)} owner to postgres`;
  await renamer.end();
  await open("supabase_admin", "postgres")`drop role renamer`;
}
