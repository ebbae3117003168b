import type { StackEvents } from "./events/stack_events.ts";
import { tell } from "./events/part_log.ts";

export interface Ticker {
  stop(): void;
}

/** Calls the sweep as pg_cron does through pg_net: every so often, whether the last tick is over or not; answered at once. */
export function startTicker(
  { url, key, seconds }: { url: string; key: string; seconds: number },
  events: StackEvents,
): Ticker {
  const stopped = new AbortController();
  const tick = async () => {
    const signal = AbortSignal.any([stopped.signal, AbortSignal.timeout(5_000)]);
    try {
      const headers = { "content-type": "application/json", "x-internal-api-key": key };
      const answer = await fetch(url, { method: "POST", headers, body: "{}", signal });
      await answer.body?.cancel();
      if (!answer.ok) tell(events, "warn", "sweep.refused", { status: answer.status });
    } catch (cause) {
      if (stopped.signal.aborted) return;
      tell(events, "warn", "sweep.failed", { error: cause instanceof Error ? cause.message : String(cause) });
    }
  };
  const timer = setInterval(tick, seconds * 1_000);
  return {
    stop() {
      clearInterval(timer);
      stopped.abort();
    },
  };
}
