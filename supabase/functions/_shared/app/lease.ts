import type { Clock } from "../runtime/clock.ts";
import type { Logger } from "../runtime/logger.ts";
import type { BatchLocks, Holder } from "./store.ts";

/** The heartbeat of a batch lock. `lost` aborts once the lease is another's, or may be. */
export interface Lease {
  lost: AbortSignal;
  stop(): Promise<void>;
}

const tooLate = "no heartbeat reached the database in time";

/** Extends the lease every third of its length until stopped. The caller has just acquired it, asking at `askedAt`. */
export function keepLease(
  holder: Holder,
  seconds: number,
  askedAt: number,
  deps: { locks: BatchLocks; clock: Clock; log: Logger },
): Lease {
  const { locks, clock, log } = deps;
  const lost = new AbortController();
  const stopped = new AbortController();
  const lengthMs = seconds * 1000;
  let endsAt = askedAt + lengthMs;

  const lose = (reason: string) => {
    log.warn("batch_lock.lost", { reason });
    lost.abort(new Error(`The batch lock was lost: ${reason}.`));
  };

  /** Null: the lease ended, or was let go, before the database answered. */
  const withinLease = async (extending: Promise<boolean>, asked: number): Promise<boolean | null> => {
    const answered = new AbortController();
    const end = clock.sleep(endsAt - asked, AbortSignal.any([answered.signal, stopped.signal])).then(() =>
      null
    );
    try {
      return await Promise.race([extending, end]);
    } finally {
      answered.abort();
    }
  };

  const beat = async () => {
    let pauseMs = lengthMs / 3;
    while (!stopped.signal.aborted && !lost.signal.aborted) {
      await clock.sleep(Math.min(pauseMs, Math.max(endsAt - clock.now(), 0)), stopped.signal);
      if (stopped.signal.aborted) return;
      const asked = clock.now();
      if (asked >= endsAt) return lose(tooLate);
      try {
        const extended = await withinLease(locks.extend(holder.sessionId, holder.webhookId, seconds), asked);
        if (stopped.signal.aborted) return;
        if (extended === null) return lose(tooLate);
        if (!extended) return lose("the lease expired or another took it");
        endsAt = asked + lengthMs;
        pauseMs = lengthMs / 3;
      } catch (error) {
        log.warn("batch_lock.heartbeat_failed", { error });
        pauseMs = Math.min(1000, lengthMs / 10);
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
