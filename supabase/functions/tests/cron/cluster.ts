import postgres from "postgres";
import { freePort } from "stack/processes/ports.ts";
import { postgresAccount } from "stack/postgres/account.ts";
import { type PostgresServer, startPostgres } from "stack/postgres/server.ts";
import { debianWithPgNet } from "./debian_with_pg_net.ts";

/** pg_cron reads this setting once, when the server starts, and works in that database alone. */
export const cronDatabase = "recado";

export interface CronCluster extends AsyncDisposable {
  readonly server: PostgresServer;
  /** The database that pg_cron belongs to, or another one of the same server. */
  open(database: string): Promise<{ url: string; sql: postgres.Sql }>;
}

/** Debian's PostgreSQL 15 on a port of its own; with `preload`, pg_cron runs in it, and the stand-in of pg_net believes it does. */
export async function startCronCluster({ preload }: { preload: boolean }): Promise<CronCluster> {
  const home = await Deno.makeTempDir({ prefix: "recado-cron-" });
  const account = await postgresAccount();
  const options = {
    dataDir: `${home}/data`,
    durable: false,
    account,
    binaries: await debianWithPgNet(`${home}/debian`),
  };
  // The database must be there before pg_cron is, so the server starts twice.
  const first = await startPostgres({ ...options, port: freePort() });
  const admin = postgres(first.url, { max: 1, onnotice: () => {} });
  await admin`create database ${admin(cronDatabase)}`;
  await admin.end();
  await first.stop();
  const port = freePort();
  if (preload) await preloadBoth(`${home}/data/postgresql.conf`, port);
  const server = await startPostgres({ ...options, port });
  const clients: postgres.Sql[] = [];
  return {
    server,
    open: async (database) => {
      const sql = postgres(server.urlOf(database), { max: 5, onnotice: () => {} });
      clients.push(sql);
      await sql`select 1`;
      return { url: server.urlOf(database), sql };
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all(clients.map((each) => each.end({ timeout: 1 })));
      await server.stop();
      await Deno.remove(home, { recursive: true });
    },
  };
}

/** Without a socket folder its connections need an address. */
async function preloadBoth(configuration: string, port: number): Promise<void> {
  const settings = {
    shared_preload_libraries: "pg_cron",
    "cron.database_name": cronDatabase,
    "cron.host": "127.0.0.1",
    "pg_net.ttl": "6 hours",
    port: String(port),
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name} = '${value}'\n`);
  await Deno.writeTextFile(configuration, lines.join(""), { append: true });
}
