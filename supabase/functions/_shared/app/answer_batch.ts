import { whatsappMessages } from "../domain/whatsapp_text.ts";
import type { Clock } from "../runtime/clock.ts";
import { unexpected } from "../runtime/errors.ts";
import type { Logger } from "../runtime/logger.ts";
import type { Told } from "./deliver.ts";
import type { Holder } from "./ports/batch_locks.ts";
import type { Batches, ClaimedBatch } from "./ports/batches.ts";
import type { ModelResult, ModelUsage, ReplyModel } from "./ports/model.ts";
import { retryInMs } from "./retry_delay.ts";

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

type Replied = Extract<ModelResult, { kind: "reply" }>;
type Failed = Extract<ModelResult, { kind: "failed" }>;

interface Claimed {
  holder: Holder;
  batch: ClaimedBatch;
  log: Logger;
}

/** One model call for a claimed batch, and its result made durable. `stop` aborts the call: nothing is written then. */
export async function answerBatch(
  batch: ClaimedBatch,
  held: { holder: Holder; stop: AbortSignal; log: Logger },
  deps: AnswerDeps,
): Promise<Answer> {
  const { holder, stop } = held;
  const log = held.log.with({ batch_id: batch.batchId });
  log.info("batch.claimed", { message_count: batch.messageIds.length, attempt: batch.attempt });

  const model = await deps.model();
  log.info("model.called", { timeout_ms: deps.modelTimeoutMs });
  const { assistant, customerName, history, messages } = batch;
  const result = await model.reply(
    { ...assistant, customerName, history, messages },
    { timeoutMs: deps.modelTimeoutMs, signal: stop },
  );
  if (stop.aborted) return { outcome: "stopped" };
  const claimed = { holder, batch, log };
  return result.kind === "reply" ? await complete(claimed, result, deps) : await fail(claimed, result, deps);
}

async function complete(claimed: Claimed, reply: Replied, deps: AnswerDeps): Promise<Answer> {
  const { holder, batch, log } = claimed;
  log.info("model.answered", { model_request_id: reply.requestId, ...loggable(reply.usage) });
  const bodies = whatsappMessages(reply.body);
  if (bodies.length === 0) return await fail(claimed, unshowable(reply), deps);
  const askedAt = deps.clock.now();
  const { batchId } = batch;
  const completion = await deps.batches.complete(holder, { batchId, bodies, usage: reply.usage });
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

/** An answer of marks alone, of which WhatsApp would show nothing. */
function unshowable({ requestId, usage }: Replied): Failed {
  const detail = "nothing of the answer can be shown";
  const rest = { retryable: true, retryAfterMs: null, requestId };
  return { kind: "failed", failure: "empty_answer", detail, usage, ...rest };
}

async function fail({ holder, batch, log }: Claimed, failed: Failed, deps: AnswerDeps): Promise<Answer> {
  const { failure, detail, requestId, retryable, usage } = failed;
  log.warn("model.failed", { failure, detail, model_request_id: requestId, retryable });
  const delayMs = retryInMs(batch.attempt, failed.retryAfterMs);
  const outcome = await deps.batches.fail(holder, {
    batchId: batch.batchId,
    error: { failure, detail, request_id: requestId },
    retryable,
    retryInMs: delayMs,
    usage,
  });
  switch (outcome) {
    case "retrying":
      log.warn("batch.retrying", { retry_in_ms: delayMs, attempt: batch.attempt });
      return { outcome, retryInMs: delayMs };
    case "dead":
      log.error("batch.dead_lettered", { failure });
      return { outcome };
    case "lost":
      return lost(log);
    default:
      return unexpected("fail_batch", outcome);
  }
}

/** Another holder has the lease: nothing of this answer was written. */
function lost(log: Logger): Answer {
  log.warn("batch.lost");
  return { outcome: "lost" };
}

function loggable(usage: ModelUsage) {
  return {
    model: usage.model,
    prompt_tokens: usage.promptTokens,
    completion_tokens: usage.completionTokens,
    latency_ms: Math.round(usage.latencyMs),
  };
}
