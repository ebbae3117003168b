import { fileURLToPath } from "node:url";
import { startDenoServer } from "../processes/deno_server.ts";
import { keepAlive, type KeptAlive } from "../processes/kept_alive.ts";
import type { DenoServer } from "../processes/deno_server.ts";
import type { StackEvents } from "../events/stack_events.ts";

/** The Data API and sign-in for this database, in a process of its own that is started again when it dies. */
export function startDataApi(
  what: { databaseUrl: string; siteUrl: string },
  events: StackEvents,
): Promise<KeptAlive<DenoServer>> {
  const entry = fileURLToPath(new URL("./main.ts", import.meta.url));
  const env = { DATABASE_URL: what.databaseUrl, SITE_URL: what.siteUrl };
  return keepAlive("data-api", () => startDenoServer({ name: "data-api", entry, env }, events), events);
}
