import { unexpected } from "../runtime/errors.ts";
import type { Logger } from "../runtime/logger.ts";
import { answerBatch, type AnswerDeps } from "./answer_batch.ts";
import { createDelivery, type DeliveryDeps, type Told } from "./deliver.ts";
import { keepLease } from "./lease.ts";
import type { BatchLocks, Holder } from "./ports/batch_locks.ts";

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
    end = await answerUntilDrained(held, deps);
  } finally {
    await lease.stop();
    if (!lease.lost.aborted && end !== "lost" && end !== "released") await letGo(held, end, deps);
  }
  if (lease.lost.aborted || end === "lost") return "lost";
  return end === "stopped" ? "handed_back" : "released";
}

/** A lease while it lasts. `stop` aborts when it is lost or the worker is about to end. */
interface Held {
  holder: Holder;
  log: Logger;
  stop: AbortSignal;
}

/** `released`: the lease is free already. `blocked`: an earlier send has to wait. `stopped`: shutdown or lost lease. */
type Ending = "released" | "lost" | "blocked" | "stopped" | "failed";

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

async function answerUntilDrained(held: Held, deps: RespondDeps): Promise<Ending> {
  const { holder, log, stop } = held;
  const delivery = createDelivery(holder, log, deps);
  let told: Told | undefined;
  for (;;) {
    if (stop.aborted) return "stopped";
    const outbox = await delivery.drain(told);
    told = undefined;
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
        if (await deps.locks.release(holder, { ifDrained: true })) {
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
        const answer = await answerBatch(claim.batch, held, deps);
        if (answer.outcome === "lost") return "lost";
        if (answer.outcome === "retrying" && answer.retryInMs <= longestPauseMs) {
          await deps.clock.sleep(answer.retryInMs, stop);
        }
        if (answer.outcome === "completed") told = answer.told;
        break;
      }
      default:
        return unexpected("claim_batch", claim);
    }
  }
}
