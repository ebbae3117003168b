import { kill as signalProcess } from "node:process";
import { setTimeout as pause } from "node:timers/promises";
import type { ChaosStack } from "./chaos_stack.ts";

export interface Outage {
  /** Settles when the database accepts connections again. */
  end(): Promise<void>;
}

/**
 * Kills PostgreSQL and keeps it from starting again, by a setting that it does not know. Connections are refused, as when its
 * machine is gone. Settles once it is down.
 */
export async function holdDown({ stack, dataDir }: ChaosStack): Promise<Outage> {
  const configuration = `${dataDir}/postgres/postgresql.conf`;
  const proper = await Deno.readTextFile(configuration);
  const pid = stack.pids().postgres;
  if (pid === null) throw new Error("The database is down already.");
  await Deno.writeTextFile(configuration, `${proper}\nheld_down = on\n`);
  signalProcess(pid, "SIGKILL");
  while (stack.pids().postgres !== null) await pause(10);
  return {
    async end() {
      await Deno.writeTextFile(configuration, proper);
      while (stack.pids().postgres === null) await pause(20);
    },
  };
}
