import type { Logger } from "../runtime/logger.ts";
import { answerSession, type Ending, type Held, type SessionDeps } from "./answer_session.ts";
import { keepLease } from "./lease.ts";
import type { Holder } from "./ports/batch_locks.ts";

export interface RespondDeps extends SessionDeps {
  /** Aborts when this worker is about to end. */
  shutdown: AbortSignal;
  leaseSeconds: number;
}

/** `busy`: another invocation answers. `released`: all is answered, or what is left waits for the sweep. */
export type RespondOutcome = "busy" | "released" | "lost" | "handed_back";

/** Answers what waits in a session: the one path of the lock holder, for webhooks, workers and the sweep alike. */
export async function respond(sessionId: string, log: Logger, deps: RespondDeps): Promise<RespondOutcome> {
  const holder: Holder = { sessionId, webhookId: crypto.randomUUID() };
  log = log.with({ session_id: sessionId, webhook_id: holder.webhookId });

  const askedAt = deps.clock.now();
  const lock = await deps.locks.acquire(holder, deps.leaseSeconds);
  if (!lock.success) {
    log.info("batch_lock.busy", { lock_owner: lock.lockOwner });
    return "busy";
  }
  log.info("batch_lock.acquired", { lease_seconds: deps.leaseSeconds });

  const lease = keepLease(holder, { ...deps, seconds: deps.leaseSeconds, askedAt, log });
  const held: Held = { holder, log, stop: AbortSignal.any([lease.lost, deps.shutdown]) };
  let end: Ending = "failed";
  try {
    end = await answerSession(held, deps);
  } finally {
    await lease.stop();
    if (!lease.lost.aborted && end !== "lost" && end !== "released") await letGo(held, end, deps);
  }
  if (lease.lost.aborted || end === "lost") return "lost";
  return end === "stopped" ? "handed_back" : "released";
}

/** Frees the lease before everything is answered; the sweep comes back. Failing at it too is left to the lease's end. */
async function letGo({ holder, log }: Held, end: Ending, deps: RespondDeps): Promise<void> {
  try {
    const released = end === "stopped"
      ? await deps.batches.handBack(holder)
      : await deps.locks.release(holder, { ifDrained: false });
    log.info("batch_lock.released", { reason: end, released });
  } catch (error) {
    log.error("batch_lock.release_failed", { reason: end, error });
  }
}
