import type { Clock } from "../runtime/clock.ts";
import type { Logger } from "../runtime/logger.ts";
import type { RespondOutcome } from "./respond.ts";
import type { StalledSessions } from "./store.ts";

export interface SweepDeps {
  stalledSessions: StalledSessions;
  respond: (sessionId: string, log: Logger) => Promise<RespondOutcome>;
  clock: Clock;
  /** Sessions answered at the same time. */
  concurrency: number;
  /** Nothing new is begun after this many milliseconds. */
  budgetMs: number;
}

export interface SweepCounts {
  stalled: number;
  answered: number;
  busy: number;
  failed: number;
}

const listLimit = 50;

/** One tick: answers the sessions that nobody is answering. Bounded in work and time, and safe to overlap itself. */
export async function sweep(log: Logger, deps: SweepDeps): Promise<SweepCounts> {
  const startedAt = deps.clock.now();
  const sessions = await deps.stalledSessions.list(listLimit);
  const counts: SweepCounts = { stalled: sessions.length, answered: 0, busy: 0, failed: 0 };

  const work = async () => {
    for (let id = sessions.shift(); id !== undefined; id = sessions.shift()) {
      if (deps.clock.now() - startedAt > deps.budgetMs) return;
      try {
        const outcome = await deps.respond(id, log);
        if (outcome === "busy") counts.busy++;
        else counts.answered++;
      } catch (error) {
        counts.failed++;
        log.error("response.failed", { session_id: id, error });
      }
    }
  };
  await Promise.all(Array.from({ length: deps.concurrency }, work));
  log[counts.stalled > 0 ? "info" : "debug"]("sweep.completed", { ...counts });
  return counts;
}
