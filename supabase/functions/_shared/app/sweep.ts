import type { Clock } from "../runtime/clock.ts";
import type { Logger } from "../runtime/logger.ts";
import { unexpected } from "../runtime/errors.ts";
import type { RespondOutcome } from "./respond.ts";
import type { SweepStore } from "./ports/sweep_store.ts";

export interface SweepDeps {
  store: SweepStore;
  respond: (sessionId: string, log: Logger) => Promise<RespondOutcome>;
  clock: Clock;
  /** Sessions answered at the same time. */
  concurrency: number;
  /** Nothing new is begun after this many milliseconds. */
  budgetMs: number;
  /** Raw payloads are kept this long; 0 keeps them. */
  rawRetentionDays: number;
}

export interface SweepCounts {
  idled: number;
  expired: number;
  rescheduled: number;
  idleMessages: number;
  stalled: number;
  answered: number;
  busy: number;
  /** The lease was lost, or the worker ended: the next tick comes back. */
  unfinished: number;
  failed: number;
  rawPayloads: number;
  sweepRuns: number;
  cronRuns: number;
}

const conversationsAStep = 100;
const sessionsAList = 50;
/** The share of the budget that conversations may take while sessions wait for an answer. */
const conversationsShare = 0.5;

/**
 * One tick: stalled sessions are answered, conversations whose time has come are moved, old things are cleared. Bounded in
 * work and time, safe to overlap itself; the next tick goes on where this one stopped. Returns and records its counts.
 */
export async function sweep(log: Logger, deps: SweepDeps): Promise<SweepCounts & { lateSeconds: number }> {
  const { store, clock } = deps;
  const endsAt = clock.now() + deps.budgetMs;
  const { runId, lateSeconds } = await store.begin();
  const counts: SweepCounts = {
    idled: 0,
    expired: 0,
    rescheduled: 0,
    idleMessages: 0,
    stalled: 0,
    answered: 0,
    busy: 0,
    unfinished: 0,
    failed: 0,
    rawPayloads: 0,
    sweepRuns: 0,
    cronRuns: 0,
  };

  // Both to their end, so that neither keeps the other from its work; then what failed is told.
  const parts = await Promise.allSettled([
    answerStalled(counts, { ...deps, endsAt, log }),
    moveConversations(counts, { ...deps, endsAt: clock.now() + deps.budgetMs * conversationsShare }),
  ]);
  for (const part of parts) if (part.status === "rejected") throw part.reason;
  // What became idle just now may have something to say.
  if (counts.idleMessages > 0) await answerStalled(counts, { ...deps, endsAt, log });
  Object.assign(counts, await store.housekeeping(deps.rawRetentionDays));

  await store.finish(runId, counts);
  const did = Object.values(counts).some((count) => count > 0);
  log[did ? "info" : "debug"]("sweep.completed", { ...counts, late_seconds: lateSeconds });
  return { ...counts, lateSeconds };
}

/** Counts are added as the work is done: what fails later does not undo them. */
async function answerStalled(
  counts: SweepCounts,
  deps: SweepDeps & { endsAt: number; log: Logger },
): Promise<void> {
  const { store, clock, endsAt, log } = deps;
  const sessions = await store.stalledSessions(sessionsAList);
  counts.stalled += sessions.length;
  const answer = async () => {
    for (let id = sessions.shift(); id !== undefined; id = sessions.shift()) {
      if (clock.now() > endsAt) return;
      try {
        counts[countOf(await deps.respond(id, log))]++;
      } catch (error) {
        counts.failed++;
        log.error("response.failed", { session_id: id, error });
      }
    }
  };
  await Promise.all(Array.from({ length: deps.concurrency }, answer));
}

function countOf(outcome: RespondOutcome): "busy" | "answered" | "unfinished" {
  switch (outcome) {
    case "busy":
      return "busy";
    case "released":
      return "answered";
    case "lost":
    case "handed_back":
      return "unfinished";
    default:
      return unexpected("respond", outcome);
  }
}

async function moveConversations(
  counts: SweepCounts,
  { store, clock, endsAt }: Pick<SweepDeps, "store" | "clock"> & { endsAt: number },
): Promise<void> {
  let more = true;
  while (more && clock.now() < endsAt) {
    const step = await store.conversations(conversationsAStep);
    counts.idled += step.idled;
    counts.expired += step.expired;
    counts.rescheduled += step.rescheduled;
    counts.idleMessages += step.idleMessages;
    more = step.more;
  }
}
