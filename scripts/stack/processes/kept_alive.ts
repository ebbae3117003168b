import type { StackEvents } from "../events/stack_events.ts";
import { tell } from "../events/part_log.ts";

/** A running part of the stack that is a process of its own. */
export interface Part {
  readonly pid: number;
  /** Settles when the process ended. */
  readonly status: Promise<{ code: number; signal: string | null }>;
  stop(): Promise<unknown>;
}

export interface KeptAlive<P extends Part> {
  /** Null while it is down. */
  current(): P | null;
  stop(): Promise<void>;
}

const firstDelayMs = 50;
const longestDelayMs = 5_000;
const stableAfterMs = 10_000;

/**
 * Starts a part and starts it again whenever it dies, at once at first and ever more slowly while it keeps dying. The first
 * start must succeed: its error is thrown.
 */
export async function keepAlive<P extends Part>(
  name: string,
  start: () => Promise<P>,
  events: StackEvents,
): Promise<KeptAlive<P>> {
  const stopping = Promise.withResolvers<void>();
  let stopped = false;
  let current: P | null = await start();

  const watch = async (first: P) => {
    let running: P | null = first;
    let delay = firstDelayMs;
    while (running) {
      const since = performance.now();
      const { code, signal } = await running.status;
      current = null;
      if (stopped) return;
      // Whoever was killed from outside has not failed by itself.
      if (signal === "SIGKILL" || performance.now() - since > stableAfterMs) delay = firstDelayMs;
      tell(events, "warn", "part.died", { part: name, pid: running.pid, code, signal });
      running = await restart(delay);
      delay = Math.min(delay * 2, longestDelayMs);
    }
  };
  const restart = async (delayMs: number): Promise<P | null> => {
    for (let delay = delayMs; !stopped; delay = Math.min(delay * 2, longestDelayMs)) {
      await pause(delay, stopping.promise);
      if (stopped) return null;
      try {
        current = await start();
        tell(events, "info", "part.restarted", { part: name, pid: current.pid });
        return current;
      } catch (cause) {
        tell(events, "error", "part.not_restarted", { part: name, error: message(cause) });
      }
    }
    return null;
  };
  const watching = watch(current);

  return {
    current: () => current,
    async stop() {
      stopped = true;
      stopping.resolve();
      await current?.stop();
      await watching;
      // One that had just been started when we were told to stop.
      await current?.stop();
    },
  };
}

function message(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

async function pause(ms: number, cancelled: Promise<void>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const elapsed = new Promise<void>((resolve) => timer = setTimeout(resolve, ms));
  await Promise.race([elapsed, cancelled]);
  clearTimeout(timer);
}
