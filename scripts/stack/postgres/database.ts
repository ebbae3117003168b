import type { StackEvents } from "../events/stack_events.ts";
import { keepAlive, type KeptAlive, type Part } from "../processes/kept_alive.ts";
import { publishPostgresLine } from "../events/part_log.ts";
import { startPostgres } from "./server.ts";
import type { StackSettings } from "../settings.ts";

export interface Database {
  readonly url: string;
  /** Null while it is down, and when the database is somebody else's. */
  pid(): number | null;
  isUp(): boolean;
  stop(): Promise<void>;
}

/** PostgreSQL in the data folder, started again when it dies; or the database that `DATABASE_URL` names. */
export async function startDatabase(settings: StackSettings, events: StackEvents): Promise<Database> {
  if (settings.databaseUrl !== null) {
    const url = settings.databaseUrl;
    return { url, pid: () => null, isUp: () => true, stop: () => Promise.resolve() };
  }
  let url = "";
  const kept: KeptAlive<Part> = await keepAlive("postgres", async () => {
    const postgres = await startPostgres({
      dataDir: `${settings.dataDir}/postgres`,
      port: settings.ports.database,
      durable: settings.durable,
      onLine: (line) => publishPostgresLine(events, line),
    });
    url = postgres.url;
    return postgres;
  }, events);
  return {
    url,
    pid: () => kept.current()?.pid ?? null,
    isUp: () => kept.current() !== null,
    stop: () => kept.stop(),
  };
}
