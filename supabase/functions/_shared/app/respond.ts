import type { Logger } from "../runtime/logger.ts";
import { answerSession, type Ending, type Held, type SessionDeps } from "./answer_session.ts";
import { keepLease } from "./lease.ts";
import type { Holder } from "./ports/batch_locks.ts";

export interface RespondDeps extends SessionDeps {
  /** Aborts when this worker is about to end. */
  shutdown: AbortSignal;
  leaseSeconds: number;
}

/** What a caller knows, and how long it wants it to last. */
export interface RespondOptions {
  /** Nothing can be claimed before so long: the quiet window. */
  waitMs?: number;
  /** Nothing new is begun after this, by the worker's clock. */
  until?: number;
}

/** `busy`: another invocation answers. `released`: all is answered, or what is left waits for the sweep. */
export type RespondOutcome = "busy" | "released" | "lost" | "handed_back";

/** So long one call waits for what cannot be done yet, in all, without holding the lease. Beyond it the sweep comes back. */
const longestWaitMs = 10_000;

/** Answers what waits in a session: the one path of the lock holder, for webhooks, workers and the sweep alike. */
export async function respond(
  sessionId: string,
  log: Logger,
  deps: RespondDeps,
  { waitMs = 0, until = Infinity }: RespondOptions = {},
): Promise<RespondOutcome> {
  log = log.with({ session_id: sessionId });
  let patienceMs = longestWaitMs;
  for (;;) {
    const ending = await hold(sessionId, log, deps, { waitMs, until });
    if (ending.outcome !== "blocked") return outcomes[ending.outcome];
    patienceMs -= ending.waitMs;
    if (patienceMs < 0 || deps.clock.now() + ending.waitMs >= until) return "released";
    await deps.clock.sleep(ending.waitMs, deps.shutdown);
    if (deps.shutdown.aborted) return "released";
    waitMs = 0;
  }
}

const outcomes = {
  busy: "busy",
  released: "released",
  late: "released",
  lost: "lost",
  stopped: "handed_back",
} as const;

/** Takes the lease, if it is free, works as long as there is something to do, and lets go. */
async function hold(
  sessionId: string,
  log: Logger,
  deps: RespondDeps,
  { waitMs, until }: Required<RespondOptions>,
): Promise<Ending | { outcome: "busy" }> {
  const holder: Holder = { sessionId, webhookId: crypto.randomUUID() };
  log = log.with({ webhook_id: holder.webhookId });
  const askedAt = deps.clock.now();
  const lock = await deps.locks.acquire(holder, deps.leaseSeconds);
  if (!lock.success) {
    log.info("batch_lock.busy", { lock_owner: lock.lockOwner });
    return { outcome: "busy" };
  }
  log.info("batch_lock.acquired", { lease_seconds: deps.leaseSeconds });

  const lease = keepLease(holder, { ...deps, seconds: deps.leaseSeconds, askedAt, log });
  const held: Held = { holder, log, stop: AbortSignal.any([lease.lost, deps.shutdown]), until };
  let ending: Ending | null = null;
  try {
    if (waitMs > 0) {
      log.info("batch.waiting", { wait_ms: waitMs });
      await deps.clock.sleep(waitMs, held.stop);
    }
    ending = await answerSession(held, deps);
  } finally {
    await lease.stop();
    const outcome = ending?.outcome ?? "failed";
    if (!lease.lost.aborted && outcome !== "lost" && outcome !== "released") await letGo(held, outcome, deps);
  }
  return lease.lost.aborted ? { outcome: "lost" } : ending;
}

/** Frees the lease before everything is answered; the sweep comes back. Failing at it too is left to the lease's end. */
async function letGo(
  { holder, log }: Held,
  reason: "blocked" | "stopped" | "late" | "failed",
  deps: RespondDeps,
): Promise<void> {
  try {
    const released = reason === "stopped"
      ? await deps.batches.handBack(holder)
      : await deps.locks.release(holder, { ifDrained: false });
    log.info("batch_lock.released", { reason, released });
  } catch (error) {
    log.error("batch_lock.release_failed", { reason, error });
  }
}
