import type { Clock } from "../runtime/clock.ts";
import type { Logger } from "../runtime/logger.ts";
import { unexpected } from "../runtime/errors.ts";
import type { RespondOutcome } from "./respond.ts";
import type { ConversationCounts, HousekeepingCounts, SweepStore } from "./ports/sweep_store.ts";

export interface SweepDeps {
  store: SweepStore;
  respond: (sessionId: string, log: Logger, options: { until: number }) => Promise<RespondOutcome>;
  clock: Clock;
  /** Sessions answered at the same time. */
  concurrency: number;
  /** Nothing new is begun after this many milliseconds. */
  budgetMs: number;
  /** Raw payloads are kept this long; 0 keeps them. */
  rawRetentionDays: number;
}

export interface SweepCounts extends Omit<ConversationCounts, "more">, HousekeepingCounts {
  stalled: number;
  answered: number;
  busy: number;
  /** The lease was lost, or the worker ended: the next tick comes back. */
  unfinished: number;
  failed: number;
}

const conversationsAStep = 100;
const sessionsAList = 50;
/** Whoever takes longer, as with a model that hangs, gives its place to the next: so many at the most. */
const slowMs = 5_000;
const slowAtOnce = 40;
/** The share of the budget that conversations may take while sessions wait for an answer. */
const conversationsShare = 0.5;

/**
 * One tick: stalled sessions are answered, conversations whose time has come are moved, old things are cleared. Bounded in
 * work and time, safe to overlap itself; the next tick goes on where this one stopped. Returns and records its counts.
 */
export async function sweep(log: Logger, deps: SweepDeps): Promise<SweepCounts & { lateSeconds: number }> {
  const { store, clock } = deps;
  const endsAt = clock.now() + deps.budgetMs;
  const { runId, lateSeconds, startedAt } = await store.begin();
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

  // Both to their end, so that neither keeps the other from its work; then what failed is told.
  const [answering, moving] = await Promise.allSettled([
    answerStalled(counts, { ...deps, endsAt, startedAt, log }),
    moveConversations(counts, { ...deps, endsAt: clock.now() + deps.budgetMs * conversationsShare }),
  ]);
  if (answering.status === "rejected") throw answering.reason;
  if (moving.status === "rejected") throw moving.reason;
  const untried = answering.value;
  // What became idle just now may have something to say.
  if (counts.idleMessages > 0) {
    untried.push(...await answerStalled(counts, { ...deps, endsAt, startedAt, log }));
  }
  Object.assign(counts, await store.housekeeping(deps.rawRetentionDays));

  await store.finish(runId, counts, untried);
  const did = Object.values(counts).some((count) => count > 0);
  log[did ? "info" : "debug"]("sweep.completed", { ...counts, late_seconds: lateSeconds });
  return { ...counts, lateSeconds };
}

/**
 * Goes on while there is time and anything left that this tick has not tried. Counts are added as the work is done: what
 * fails later does not undo them. Returns what was listed and not come to.
 */
async function answerStalled(
  counts: SweepCounts,
  deps: SweepDeps & { endsAt: number; startedAt: string; log: Logger },
): Promise<string[]> {
  const { store, clock, endsAt, startedAt, log } = deps;
  const listed: string[] = [];
  let listing: Promise<void> | null = null;
  let isOver = false;

  async function list(): Promise<void> {
    const sessions = await store.stalledSessions(sessionsAList, startedAt);
    counts.stalled += sessions.length;
    listed.push(...sessions);
    isOver = sessions.length < sessionsAList;
  }

  async function next(): Promise<string | undefined> {
    while (listed.length === 0 && !isOver && clock.now() < endsAt) {
      await (listing ??= list().finally(() => listing = null));
    }
    return clock.now() < endsAt ? listed.shift() : undefined;
  }

  async function answer(id: string): Promise<void> {
    try {
      counts[countOf(await deps.respond(id, log, { until: endsAt }))]++;
    } catch (error) {
      counts.failed++;
      log.error("response.failed", { session_id: id, error });
    }
  }

  const slow = new Set<Promise<void>>();
  async function work(): Promise<void> {
    for (let id = await next(); id !== undefined; id = await next()) {
      const answering = answer(id);
      if (!(await endsWithin(slowMs, answering, clock)) && slow.size < slowAtOnce) {
        slow.add(answering);
        void answering.then(() => slow.delete(answering));
        continue;
      }
      await answering;
    }
  }
  await Promise.all(Array.from({ length: deps.concurrency }, work));
  await Promise.all(slow);
  return listed;
}

async function endsWithin(ms: number, work: Promise<void>, clock: Clock): Promise<boolean> {
  const ended = new AbortController();
  return await Promise.race([
    work.then(() => true).finally(() => ended.abort()),
    clock.sleep(ms, ended.signal).then(() => ended.signal.aborted),
  ]);
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
