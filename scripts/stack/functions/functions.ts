import { fileURLToPath } from "node:url";
import { type DenoServer, startDenoServer } from "../processes/deno_server.ts";
import { keepAlive, type KeptAlive } from "../processes/kept_alive.ts";
import type { StackEvents } from "../events/stack_events.ts";
import { tell } from "../events/part_log.ts";

export const functionNames = ["receive-whatsapp-message", "message-status", "sweep-conversations"] as const;

export interface Functions {
  readonly names: readonly string[];
  /** Null while it is down, undefined when there is none of that name. */
  origin(name: string): string | null | undefined;
  pids(): number[];
  allUp(): boolean;
  /** Kills every function process at once, with SIGKILL; they come back by themselves. */
  kill(): void;
  stop(): Promise<void>;
}

const preload = fileURLToPath(new URL("./edge_runtime.ts", import.meta.url));

/** Each `index.ts`, unchanged, in a Deno process of its own that is started again when it dies. */
export async function startFunctions(
  env: Record<string, string>,
  events: StackEvents,
  folder = new URL("../../../supabase/functions/", import.meta.url),
): Promise<Functions> {
  const entries = await Promise.all(functionNames.map(async (name) => {
    const entry = new URL(`${name}/index.ts`, folder);
    return { name, entry, exists: await exists(entry) };
  }));
  const kept = new Map<string, KeptAlive<DenoServer>>();
  const stop = async () => {
    await Promise.all([...kept.values()].map((part) => part.stop()));
  };
  const started = await Promise.allSettled(entries.map(async ({ name, entry, exists }) => {
    if (!exists) return tell(events, "warn", "function.missing", { function: name });
    const start = () => startDenoServer({ name, entry: fileURLToPath(entry), env, preload }, events);
    kept.set(name, await keepAlive(name, start, events));
  }));
  const failed = started.find((outcome) => outcome.status === "rejected");
  if (failed) {
    await stop();
    throw failed.reason;
  }

  const running = () => [...kept.values()].flatMap((part) => part.current() ?? []);
  return {
    names: [...kept.keys()],
    origin(name) {
      const part = kept.get(name);
      return part && (part.current()?.origin ?? null);
    },
    pids: () => running().map(({ pid }) => pid),
    allUp: () => running().length === kept.size,
    kill: () => running().forEach(({ pid }) => Deno.kill(pid, "SIGKILL")),
    stop,
  };
}

async function exists(url: URL): Promise<boolean> {
  try {
    return (await Deno.stat(url)).isFile;
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return false;
    throw cause;
  }
}
