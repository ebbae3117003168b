import type { Clock } from "../runtime/clock.ts";
import type { Logger } from "../runtime/logger.ts";
import { startTimeLimit } from "../runtime/time_limit.ts";
import type { BatchLocks, Holder } from "./ports/batch_locks.ts";

/** The heartbeat of a batch lock. `lost` aborts once the lease is another's, or may be. */
export interface Lease {
  lost: AbortSignal;
  stop(): Promise<void>;
}

export interface LeaseOptions {
  seconds: number;
  /** When it was asked for, by the clock: it ends `seconds` after that at the latest. */
  askedAt: number;
  locks: Pick<BatchLocks, "extend">;
  clock: Clock;
  log: Logger;
}

const tooLate = "no heartbeat reached the database in time";

/** Extends the lease every third of its length until stopped. The caller has just acquired it. */
export function keepLease(holder: Holder, { seconds, askedAt, locks, clock, log }: LeaseOptions): Lease {
  const lost = new AbortController();
  const stopped = new AbortController();
  const lengthMs = seconds * 1000;
  let endsAt = askedAt + lengthMs;

  const lose = (reason: string) => {
    log.warn("batch_lock.lost", { reason });
    lost.abort(new Error(`The batch lock was lost: ${reason}.`));
  };

  const beat = async () => {
    let pauseMs = lengthMs / 3;
    while (!stopped.signal.aborted && !lost.signal.aborted) {
      await clock.sleep(Math.min(pauseMs, Math.max(endsAt - clock.now(), 0)), stopped.signal);
      if (stopped.signal.aborted) return;
      const asked = clock.now();
      if (asked >= endsAt) return lose(tooLate);
      const limit = startTimeLimit(endsAt - asked, { signal: stopped.signal, clock });
      try {
        const extended = await limit.race(locks.extend(holder, seconds));
        if (stopped.signal.aborted) return;
        if (!extended) return lose("the lease expired or another took it");
        endsAt = asked + lengthMs;
        pauseMs = lengthMs / 3;
      } catch (error) {
        if (stopped.signal.aborted) return;
        if (limit.signal.aborted) return lose(tooLate);
        log.warn("batch_lock.heartbeat_failed", { error });
        pauseMs = Math.min(1000, lengthMs / 10);
      } finally {
        limit.end();
      }
    }
  };
  const beating = beat();

  return {
    lost: lost.signal,
    stop: async () => {
      stopped.abort();
      await beating;
    },
  };
}
