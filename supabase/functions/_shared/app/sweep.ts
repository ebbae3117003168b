import type { Logger } from "../runtime/logger.ts";
import { type AnswerCounts, type Answering, answerStalled } from "./answer_stalled.ts";
import type { ConversationCounts, HousekeepingCounts } from "./ports/sweep_store.ts";

export interface SweepDeps extends Omit<Answering, "endsAt" | "startedAt" | "log"> {
  /** Nothing new is begun after this many milliseconds. */
  budgetMs: number;
  /** Raw payloads are kept this long; 0 keeps them. */
  rawRetentionDays: number;
}

export interface SweepCounts extends AnswerCounts, Omit<ConversationCounts, "more">, HousekeepingCounts {}

const conversationsAStep = 100;
/** The share of the budget that conversations may take while sessions wait for an answer. */
const conversationsShare = 0.5;

/**
 * One tick: stalled sessions are answered, conversations whose time has come are moved, old things are cleared. Bounded in
 * work and time; the next tick goes on where this one stopped. Records its counts and returns them; null: another tick is at
 * work, and does what this one would have done.
 */
export async function sweep(
  log: Logger,
  deps: SweepDeps,
): Promise<(SweepCounts & { lateSeconds: number }) | null> {
  const { store, clock } = deps;
  const endsAt = clock.now() + deps.budgetMs;
  const run = await store.begin(deps.budgetMs);
  if (run === null) {
    log.debug("sweep.left", { reason: "another_at_work" });
    return null;
  }
  const { runId, lateSeconds, startedAt } = run;
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
    orphans: 0,
    deadLetters: 0,
    sweepRuns: 0,
    cronRuns: 0,
  };

  let untried = await goRound(counts, { ...deps, endsAt, startedAt, log });
  Object.assign(counts, await store.housekeeping(deps.rawRetentionDays));
  // Whoever asked meanwhile was sent away: what they asked for is done now.
  const finish = (lookedAt: string) =>
    store.finish(runId, counts, { lookedAt: clock.now() < endsAt ? lookedAt : null, untried });
  for (let again = await finish(startedAt); again !== null; again = await finish(again)) {
    untried = await goRound(counts, { ...deps, endsAt, startedAt: again, log });
  }

  const did = Object.values(counts).some((count) => count > 0);
  log[did ? "info" : "debug"]("sweep.completed", { ...counts, late_seconds: lateSeconds });
  return { ...counts, lateSeconds };
}

type Round = SweepDeps & Answering;

/** Returns what was listed and not come to. */
async function goRound(counts: SweepCounts, round: Round): Promise<string[]> {
  const before = counts.idleMessages;
  // Both to their end, so that neither keeps the other from its work; then what failed is told.
  const [answering, moving] = await Promise.allSettled([
    answerStalled(counts, round),
    moveConversations(counts, {
      ...round,
      endsAt: Math.min(round.endsAt, round.clock.now() + round.budgetMs * conversationsShare),
    }),
  ]);
  if (answering.status === "rejected") throw answering.reason;
  if (moving.status === "rejected") throw moving.reason;
  const untried = answering.value;
  // What became idle just now may have something to say.
  if (counts.idleMessages > before) untried.push(...await answerStalled(counts, round));
  return untried;
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
