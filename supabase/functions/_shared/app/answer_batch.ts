import { whatsappMessages } from "../domain/whatsapp_text.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Logger } from "../runtime/logger.ts";
import type { ModelResult, ReplyModel } from "./ports.ts";
import { retryInMs } from "./retry_delay.ts";
import type { Batches, ClaimedBatch, Holder, NextSend } from "./store.ts";

export interface AnswerDeps {
  batches: Batches;
  /** Loaded only once there is something to answer. */
  model: () => Promise<ReplyModel>;
  clock: Clock;
  modelTimeoutMs: number;
}

export type Answer =
  | { outcome: "completed"; send: NextSend; askedAt: number }
  | { outcome: "superseded" | "dead" | "lost" | "stopped" }
  | { outcome: "retrying"; retryInMs: number };

type Failed = Extract<ModelResult, { kind: "failed" }>;

/** One model call for a claimed batch, and its result made durable. `stop` aborts the call: nothing is written then. */
export async function answerBatch(
  holder: Holder,
  batch: ClaimedBatch,
  stop: AbortSignal,
  log: Logger,
  deps: AnswerDeps,
): Promise<Answer> {
  log = log.with({ batch_id: batch.batchId });
  log.info("batch.claimed", { message_count: batch.messageIds.length, attempt: batch.attempt });

  const model = await deps.model();
  log.info("model.called", { timeout_ms: deps.modelTimeoutMs });
  const { assistant, customerName, history, messages } = batch;
  const result = await model.reply(
    { ...assistant, customerName, history, messages },
    { timeoutMs: deps.modelTimeoutMs, signal: stop },
  );
  if (stop.aborted) return { outcome: "stopped" };
  return result.kind === "reply"
    ? await complete(holder, batch, result, log, deps)
    : await fail(holder, batch, result, log, deps);
}

async function complete(
  holder: Holder,
  batch: ClaimedBatch,
  reply: Extract<ModelResult, { kind: "reply" }>,
  log: Logger,
  deps: AnswerDeps,
): Promise<Answer> {
  log.info("model.answered", { model_request_id: reply.requestId, ...loggable(reply.usage) });
  const bodies = whatsappMessages(reply.body);
  if (bodies.length === 0) return await fail(holder, batch, unshowable(reply), log, deps);
  const askedAt = deps.clock.now();
  const completion = await deps.batches.complete(holder, batch.batchId, bodies, reply.usage);
  if (completion.outcome === "completed") {
    log.info("batch.completed", { message_ids: completion.messageIds, answered: batch.messageIds.length });
    return { outcome: "completed", send: completion.send, askedAt };
  }
  log.info(`batch.${completion.outcome}`);
  return { outcome: completion.outcome };
}

/** An answer of marks alone, of which WhatsApp would show nothing. */
function unshowable({ requestId, usage }: Extract<ModelResult, { kind: "reply" }>): Failed {
  const detail = "nothing of the answer can be shown";
  const rest = { retryable: true, retryAfterMs: null, requestId };
  return { kind: "failed", failure: "empty_answer", detail, usage, ...rest };
}

async function fail(
  holder: Holder,
  batch: ClaimedBatch,
  failed: Failed,
  log: Logger,
  deps: AnswerDeps,
): Promise<Answer> {
  const { failure, detail, requestId, retryable, usage } = failed;
  log.warn("model.failed", { failure, detail, model_request_id: requestId, retryable });
  const delayMs = retryInMs(batch.attempt, failed.retryAfterMs);
  const outcome = await deps.batches.fail(holder, batch.batchId, {
    error: { failure, detail, request_id: requestId },
    retryable,
    retryInMs: delayMs,
    usage,
  });
  if (outcome === "retrying") {
    log.warn("batch.retrying", { retry_in_ms: delayMs, attempt: batch.attempt });
    return { outcome, retryInMs: delayMs };
  }
  log.error(outcome === "dead" ? "batch.dead_lettered" : "batch.lost", { failure });
  return { outcome };
}

function loggable(
  usage: { model: string; promptTokens: number; completionTokens: number; latencyMs: number },
) {
  return {
    model: usage.model,
    prompt_tokens: usage.promptTokens,
    completion_tokens: usage.completionTokens,
    latency_ms: Math.round(usage.latencyMs),
  };
}
