import type { Logger } from "../runtime/logger.ts";
import { answerBatch, type AnswerDeps } from "./answer_batch.ts";
import { createDelivery, type DeliveryDeps } from "./deliver.ts";
import { keepLease } from "./lease.ts";
import type { BatchLocks, Holder } from "./store.ts";

export interface RespondDeps extends AnswerDeps, DeliveryDeps {
  locks: BatchLocks;
  /** Aborts when this worker is about to end. */
  shutdown: AbortSignal;
  leaseSeconds: number;
}

/** `busy`: another invocation answers. `released`: all is answered, or what is left waits for the sweep. */
export type RespondOutcome = "busy" | "released" | "lost" | "handed_back";

/** Pauses up to this length are waited for; for longer ones the lease is freed and the sweep comes back. */
const longestPauseMs = 5_000;

/** Answers what waits in a session: the one path of the lock holder, for webhooks, workers and the sweep alike. */
export async function respond(sessionId: string, log: Logger, deps: RespondDeps): Promise<RespondOutcome> {
  const holder: Holder = { sessionId, webhookId: crypto.randomUUID() };
  log = log.with({ session_id: sessionId, webhook_id: holder.webhookId });

  const askedAt = deps.clock.now();
  const lock = await deps.locks.acquire(sessionId, holder.webhookId, deps.leaseSeconds);
  if (!lock.success) {
    log.info("batch_lock.busy", { lock_owner: lock.lockOwner });
    return "busy";
  }
  log.info("batch_lock.acquired", { lease_seconds: deps.leaseSeconds });

  const lease = keepLease(holder, deps.leaseSeconds, askedAt, { ...deps, log });
  const stop = AbortSignal.any([lease.lost, deps.shutdown]);
  let end: Ending = "failed";
  try {
    end = await answerUntilDrained(holder, stop, log, deps);
  } finally {
    await lease.stop();
    if (!lease.lost.aborted && end !== "lost" && end !== "released") await letGo(holder, end, log, deps);
  }
  if (lease.lost.aborted || end === "lost") return "lost";
  return end === "stopped" ? "handed_back" : "released";
}

/** `released`: the lease is free already. `blocked`: an earlier send has to wait. `stopped`: shutdown or lost lease. */
type Ending = "released" | "lost" | "blocked" | "stopped" | "failed";

/** Frees the lease before everything is answered; the sweep comes back. Failing at it too is left to the lease's end. */
async function letGo(holder: Holder, end: Ending, log: Logger, deps: RespondDeps): Promise<void> {
  try {
    const released = end === "stopped"
      ? await deps.batches.handBack(holder)
      : await deps.locks.release(holder.sessionId, holder.webhookId, { ifDrained: false });
    log.info("batch_lock.released", { reason: end, released });
  } catch (error) {
    log.error("batch_lock.release_failed", { reason: end, error });
  }
}

async function answerUntilDrained(
  holder: Holder,
  stop: AbortSignal,
  log: Logger,
  deps: RespondDeps,
): Promise<Ending> {
  const delivery = createDelivery(holder, log, deps);
  for (;;) {
    if (stop.aborted) return "stopped";
    const outbox = await delivery.drain();
    if (outbox.outcome === "lost") return "lost";
    if (outbox.outcome === "blocked") {
      if (outbox.waitMs > longestPauseMs) return "blocked";
      await deps.clock.sleep(outbox.waitMs, stop);
      continue;
    }

    if (stop.aborted) return "stopped";
    const claim = await deps.batches.claim(holder);
    switch (claim.outcome) {
      case "lost":
        return "lost";
      case "drained":
        // Refused: a message came meanwhile, or the lease went; the next claim tells.
        if (await deps.locks.release(holder.sessionId, holder.webhookId, { ifDrained: true })) {
          log.info("batch_lock.released", { reason: "drained" });
          return "released";
        }
        break;
      case "wait":
        log.info("batch.waiting", { wait_ms: claim.waitMs });
        await deps.clock.sleep(claim.waitMs, stop);
        break;
      case "capped":
        log.warn("batch.capped");
        break;
      case "dead":
        log.error("batch.dead_lettered", { batch_id: claim.batchId, message_ids: claim.messageIds });
        break;
      case "claimed": {
        const answer = await answerBatch(holder, claim.batch, stop, log, deps);
        if (answer.outcome === "lost") return "lost";
        if (answer.outcome === "retrying" && answer.retryInMs <= longestPauseMs) {
          await deps.clock.sleep(answer.retryInMs, stop);
        }
        if (answer.outcome === "completed") delivery.resume(answer.send, answer.askedAt);
      }
    }
  }
}
