import { unexpected } from "../runtime/errors.ts";
import type { Logger } from "../runtime/logger.ts";
import { answerBatch, type AnswerDeps } from "./answer_batch.ts";
import { createDelivery, type DeliveryDeps, type Told } from "./deliver.ts";
import type { BatchLocks, Holder } from "./ports/batch_locks.ts";

export interface SessionDeps extends AnswerDeps, DeliveryDeps {
  locks: BatchLocks;
}

/** A lease while it lasts. `stop` aborts when it is lost or the worker is about to end. */
export interface Held {
  holder: Holder;
  log: Logger;
  stop: AbortSignal;
}

/** `released`: the lease is free already. `blocked`: an earlier send has to wait. `stopped`: shutdown or lost lease. */
export type Ending = "released" | "lost" | "blocked" | "stopped" | "failed";

/** Pauses up to this length are waited for; for longer ones the lease is freed and the sweep comes back. */
const longestPauseMs = 5_000;

/** Sends, claims and answers, round after round, until nothing is due or something has to wait. */
export async function answerSession(held: Held, deps: SessionDeps): Promise<Ending> {
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
