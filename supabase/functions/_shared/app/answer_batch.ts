import type { Clock } from "../runtime/clock.ts";
import { AppError, unexpected } from "../runtime/errors.ts";
import type { Logger } from "../runtime/logger.ts";
import { askModel, type Failed, type Replied } from "./ask_model.ts";
import type { Told } from "./deliver.ts";
import type { Holder } from "./ports/batch_locks.ts";
import type { Batches, BatchFailure, ClaimedBatch } from "./ports/batches.ts";
import type { ReplyModel } from "./ports/model.ts";

export interface AnswerDeps {
  batches: Batches;
  /** Loaded only once there is something to answer. */
  model: () => Promise<ReplyModel>;
  clock: Clock;
  modelTimeoutMs: number;
}

export type Answer =
  | { outcome: "completed"; told: Told }
  | { outcome: "superseded" | "dead" | "lost" | "stopped" }
  | { outcome: "retrying"; retryInMs: number };

interface Claimed {
  holder: Holder;
  batch: ClaimedBatch;
  log: Logger;
}

/** The model's reply to a claimed batch, or its failure, made durable. `stop` aborts the call: nothing is written then. */
export async function answerBatch(
  batch: ClaimedBatch,
  held: { holder: Holder; stop: AbortSignal; log: Logger },
  deps: AnswerDeps,
): Promise<Answer> {
  const { holder, stop } = held;
  const log = held.log.with({ batch_id: batch.batchId });
  log.info("batch.claimed", { message_count: batch.messageIds.length, attempt: batch.attempt });

  const model = await deps.model();
  const result = await askModel(batch, { model, stop, timeoutMs: deps.modelTimeoutMs, log });
  if (stop.aborted) return { outcome: "stopped" };
  const claimed = { holder, batch, log };
  if (result.kind === "failed") return await fail(claimed, result, deps);
  try {
    return await complete(claimed, result, deps);
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return await refused(claimed, error, result.calls, deps);
  }
}

async function complete(claimed: Claimed, reply: Replied, deps: AnswerDeps): Promise<Answer> {
  const { holder, batch, log } = claimed;
  const { bodies, usage, calls, historyCharacters } = reply;
  const askedAt = deps.clock.now();
  const completion = await deps.batches.complete(holder, {
    batchId: batch.batchId,
    bodies,
    usage,
    calls,
    historyCharacters,
  });
  switch (completion.outcome) {
    case "completed":
      log.info("batch.completed", { message_ids: completion.messageIds, answered: batch.messageIds.length });
      return { outcome: "completed", told: { next: completion.send, askedAt } };
    case "superseded":
      log.info("batch.superseded");
      return { outcome: "superseded" };
    case "lost":
      return lost(log);
    default:
      return unexpected("complete_batch", completion);
  }
}

async function fail(claimed: Claimed, failed: Failed, deps: AnswerDeps): Promise<Answer> {
  const { failure, detail, requestId, remedy, retryAfterMs, usage, calls } = failed;
  const error = { failure, detail, request_id: requestId };
  try {
    return await record(claimed, {
      batchId: claimed.batch.batchId,
      error,
      remedy,
      askedMs: retryAfterMs,
      usage,
      calls,
    }, deps);
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return await refused(claimed, error, calls, deps);
  }
}

/** What the model said cannot be written, and never will be: the batch ends with words of our own. */
async function refused(
  claimed: Claimed,
  error: AppError,
  calls: number,
  deps: AnswerDeps,
): Promise<Answer> {
  claimed.log.error("batch.refused", { error });
  return await record(claimed, {
    batchId: claimed.batch.batchId,
    error: { failure: "reply_refused", detail: error.code, request_id: null },
    remedy: "give_up",
    askedMs: null,
    usage: null,
    calls,
  }, deps);
}

async function record(
  { holder, batch, log }: Claimed,
  failure: BatchFailure,
  deps: AnswerDeps,
): Promise<Answer> {
  const failing = await deps.batches.fail(holder, failure);
  switch (failing.outcome) {
    case "retrying":
      log.warn("batch.retrying", { retry_in_ms: failing.retryInMs, attempt: batch.attempt });
      return failing;
    case "dead":
      log.error("batch.dead_lettered", { failure: failure.error.failure });
      return { outcome: "dead" };
    case "lost":
      return lost(log);
    default:
      return unexpected("fail_batch", failing);
  }
}

/** The database refused what it was given: the same would be refused again. */
function isRefusal(error: unknown): error is AppError {
  return error instanceof AppError && (error.code === "data_refused" || error.code === "invalid");
}

/** Another holder has the lease: nothing of this answer was written. */
function lost(log: Logger): Answer {
  log.warn("batch.lost");
  return { outcome: "lost" };
}
