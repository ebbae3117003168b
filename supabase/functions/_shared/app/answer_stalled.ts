import type { Clock } from "../runtime/clock.ts";
import { unexpected } from "../runtime/errors.ts";
import type { Logger } from "../runtime/logger.ts";
import type { SweepStore } from "./ports/sweep_store.ts";
import type { RespondOutcome } from "./respond.ts";

export interface Answering {
  store: SweepStore;
  respond: (sessionId: string, log: Logger, options: { until: number }) => Promise<RespondOutcome>;
  clock: Clock;
  /** Sessions answered at the same time. */
  concurrency: number;
  /** Nothing new is begun after this, by the worker's clock. */
  endsAt: number;
  /** By the database's clock: what was tried since is not listed again. */
  startedAt: string;
  log: Logger;
}

export interface AnswerCounts {
  stalled: number;
  answered: number;
  busy: number;
  /** The lease was lost, or the worker ended: the next tick comes back. */
  unfinished: number;
  failed: number;
}

const sessionsAList = 50;
/** Whoever takes longer, as with a model that hangs, gives its place to the next: so many at the most. */
const slowMs = 5_000;
const slowAtOnce = 40;
/** While an answer is slow, what has become due meanwhile does not wait for its end. */
const lookAgainMs = 1_000;

/**
 * Goes on while there is time and anything left that this tick has not tried. Counts are added as the work is done: what
 * fails later does not undo them. Returns what was listed and not come to.
 */
export async function answerStalled(
  counts: AnswerCounts,
  { store, respond, clock, concurrency, endsAt, startedAt, log }: Answering,
): Promise<string[]> {
  const listed: string[] = [];
  let listing: Promise<void> | null = null;
  let isOver = false;
  let answering = 0;
  let resting = new AbortController();

  async function list(): Promise<void> {
    // The last answer's end is also the end of the waiting.
    if (isOver) await clock.sleep(lookAgainMs, resting.signal);
    if (isOver && (answering === 0 || clock.now() >= endsAt)) return;
    const sessions = await store.stalledSessions(sessionsAList, startedAt);
    counts.stalled += sessions.length;
    listed.push(...sessions);
    isOver = sessions.length < sessionsAList;
  }

  async function next(): Promise<string | undefined> {
    while (listed.length === 0 && !(isOver && answering === 0) && clock.now() < endsAt) {
      await (listing ??= list().finally(() => listing = null));
    }
    const id = clock.now() < endsAt ? listed.shift() : undefined;
    if (id !== undefined) answering++;
    return id;
  }

  async function answer(id: string): Promise<void> {
    try {
      counts[countOf(await respond(id, log, { until: endsAt }))]++;
    } catch (error) {
      counts.failed++;
      log.error("response.failed", { session_id: id, error });
    } finally {
      if (--answering === 0) {
        resting.abort();
        resting = new AbortController();
      }
    }
  }

  const slow = new Set<Promise<void>>();
  async function work(): Promise<void> {
    for (let id = await next(); id !== undefined; id = await next()) {
      const ended = answer(id);
      if (!(await endsWithin(slowMs, ended, clock)) && slow.size < slowAtOnce) {
        slow.add(ended);
        void ended.then(() => slow.delete(ended));
        continue;
      }
      await ended;
    }
  }
  await Promise.all(Array.from({ length: concurrency }, work));
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
