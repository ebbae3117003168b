import { AppError } from "functions/_shared/runtime/errors.ts";
import { type GuardedProcess, spawnGuarded } from "./guarded_process.ts";
import type { Part } from "./kept_alive.ts";
import type { StackEvents } from "../events/stack_events.ts";
import { publishLine } from "../events/part_log.ts";
import { accepting, freePort } from "./ports.ts";

export interface DenoServer extends Part {
  /** Where it listens, another port each time it is started. */
  readonly origin: string;
}

const run = ["run", "--allow-all", "--no-check", "--quiet"];

/** Runs a module that calls `Deno.serve` in a Deno process of its own; settles once it accepts connections. */
export async function startDenoServer(
  what: { name: string; entry: string; env: Record<string, string>; preload?: string },
  events: StackEvents,
): Promise<DenoServer> {
  const port = freePort();
  const running: GuardedProcess = spawnGuarded({
    command: Deno.execPath(),
    args: [...run, ...(what.preload ? [`--preload=${what.preload}`] : []), what.entry],
    env: { ...what.env, DENO_SERVE_ADDRESS: `tcp:127.0.0.1:${port}`, NO_COLOR: "1" },
    graceMs: 2_000,
    onLine: (line) => {
      if (!line.text.startsWith("Listening on ")) publishLine(events, what.name, line);
    },
  });
  if (!await accepting(port, running.status)) {
    const { code } = await running.status;
    throw new AppError("part_did_not_start", `${what.name} ended with code ${code} before it listened.`);
  }
  return {
    pid: running.pid,
    status: running.status,
    origin: `http://127.0.0.1:${port}`,
    stop: () => running.stop(),
  };
}
