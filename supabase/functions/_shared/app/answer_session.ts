import { unexpected } from "../runtime/errors.ts";
import type { Logger } from "../runtime/logger.ts";
import { answerBatch, type AnswerDeps } from "./answer_batch.ts";
import { createDelivery, type DeliveryDeps, type Drained, type Told } from "./deliver.ts";
import type { ClaimedBatch } from "./ports/batches.ts";
import type { BatchLocks, Holder } from "./ports/batch_locks.ts";

export interface SessionDeps extends AnswerDeps, DeliveryDeps {
  locks: BatchLocks;
}

/** A lease while it lasts. `stop` aborts when it is lost or the worker is about to end. */
export interface Held {
  holder: Holder;
  log: Logger;
  stop: AbortSignal;
  /** Nothing new is begun after this, by the worker's clock. */
  until: number;
}

/**
 * `released`: the lease is free already. `blocked`: nothing can be done for another `waitMs`. `stopped`: shutdown or lost
 * lease. `late`: the time given is over.
 */
export type Ending =
  | { outcome: "released" | "lost" | "stopped" | "late" }
  | { outcome: "blocked"; waitMs: number };

/** Claims, answers and sends, round after round, until nothing is due or something has to wait. */
export async function answerSession(held: Held, deps: SessionDeps): Promise<Ending> {
  const { holder, log, stop } = held;
  const delivery = createDelivery(held, deps);
  let refusals = 0;

  /** Null: there is something to do, so the next claim tells what. */
  async function release(): Promise<Ending | null> {
    if (await deps.locks.release(holder, { ifDrained: true })) {
      log.info("batch_lock.released", { reason: "drained" });
      return { outcome: "released" };
    }
    return null;
  }

  async function round(): Promise<Ending | null> {
    const askedAt = deps.clock.now();
    const claim = await deps.batches.claim(holder);
    switch (claim.outcome) {
      case "lost":
        return { outcome: "lost" };
      case "outbox":
        return endOf(await delivery.drain({ next: claim.send, askedAt }));
      case "drained": {
        const ending = await release();
        // A message came in between, or the lease went. Should it be neither, this is no place to spin.
        if (!ending) await deps.clock.sleep(refusalPauseMs(++refusals), stop);
        return ending;
      }
      case "wait":
        if (deps.clock.now() + claim.waitMs >= held.until) return { outcome: "late" };
        log.info("batch.waiting", { wait_ms: claim.waitMs });
        await deps.clock.sleep(claim.waitMs, stop);
        return null;
      case "capped":
        log.warn("batch.capped");
        return null;
      case "handed_off":
        log.error("batch.handed_off", { reason: "too many replies in a row" });
        return null;
      case "dead":
        log.error("batch.dead_lettered", { batch_id: claim.batchId, message_ids: claim.messageIds });
        return null;
      case "claimed":
        return await answered(claim.batch);
      default:
        return unexpected("claim_batch", claim);
    }
  }

  async function answered(batch: ClaimedBatch): Promise<Ending | null> {
    const answer = await answerBatch(batch, held, deps);
    switch (answer.outcome) {
      case "completed":
        return await sent(answer.told);
      case "retrying":
        return { outcome: "blocked", waitMs: answer.retryInMs };
      case "lost":
      case "stopped":
        return { outcome: answer.outcome };
      case "superseded":
      case "dead":
        return null;
      default:
        return unexpected("answer", answer);
    }
  }

  /** After the last send of a reply there is seldom more to do: the release tells. */
  async function sent(told: Told): Promise<Ending | null> {
    const drained = await delivery.drain(told);
    return drained.outcome === "clear" ? await release() : endOf(drained);
  }

  for (;;) {
    if (stop.aborted) return { outcome: "stopped" };
    if (deps.clock.now() >= held.until) return { outcome: "late" };
    const ending = await round();
    if (ending) return ending;
  }
}

function endOf(drained: Drained): Ending | null {
  return drained.outcome === "clear" ? null : drained;
}

function refusalPauseMs(refusals: number): number {
  return refusals === 1 ? 0 : Math.min(50 * 2 ** refusals, 5_000);
}
