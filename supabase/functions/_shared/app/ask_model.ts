import type { PastMessage, Turn } from "../domain/turn.ts";
import { maxBodyLength, whatsappMessages } from "../domain/whatsapp_text.ts";
import type { Logger } from "../runtime/logger.ts";
import type { ClaimedBatch } from "./ports/batches.ts";
import type { ModelResult, ModelUsage, Remedy, ReplyModel } from "./ports/model.ts";

export type Replied = {
  kind: "reply";
  /** The parts of the reply, in order: at least one, and none empty. */
  bodies: string[];
  usage: ModelUsage;
  /** How often the model was asked. */
  calls: number;
  /** Characters of history that the model took, once it had refused more. */
  historyCharacters: number | null;
};
export type Failed = Omit<Extract<ModelResult, { kind: "failed" }>, "failure" | "remedy"> & {
  failure: string;
  remedy: Exclude<Remedy, "shrink">;
  calls: number;
};

interface Asking {
  model: ReplyModel;
  stop: AbortSignal;
  timeoutMs: number;
  log: Logger;
}

/** How much shorter than its parts can hold a reply is asked to be: parts end where a sentence does. */
const fillingOfParts = 0.8;

/**
 * Asks the model until it takes the turn, and the reply fits. What is too long for it goes again with half the history, then with
 * less, with none, at last with the newest messages alone. A reply of too many parts is asked for once more, shorter.
 */
export async function askModel(batch: ClaimedBatch, asking: Asking): Promise<Replied | Failed> {
  const { assistant: { maxReplyParts, ...assistant }, customerName } = batch;
  const characters = Math.floor(maxReplyParts * maxBodyLength * fillingOfParts);
  let turn: Turn = {
    ...assistant,
    customerName,
    history: batch.history,
    messages: batch.messages,
    limit: { characters, wasExceeded: false },
  };
  let spent: ModelUsage | null = null;
  for (let calls = 1;; calls++) {
    const result = await ask(turn, asking);
    const usage = sum(spent, result.usage);
    spent = usage;
    if (result.kind === "failed") {
      const shorter = result.remedy === "shrink" ? shortened(turn) : null;
      // The instructions alone are too long for this model: ours to repair.
      if (!shorter) {
        return {
          ...result,
          remedy: result.remedy === "shrink" ? "wait" : result.remedy,
          usage: spent,
          calls,
        };
      }
      asking.log.warn("turn.shortened", {
        history: shorter.history.length,
        messages: shorter.messages.length,
      });
      turn = shorter;
      continue;
    }

    const bodies = whatsappMessages(result.body);
    const failure = bodies.length === 0
      ? { failure: "empty_answer", detail: "nothing of the answer can be shown" }
      : bodies.length > maxReplyParts
      ? { failure: "reply_too_long", detail: `${bodies.length} parts instead of ${maxReplyParts}` }
      : null;
    if (!failure) {
      const wasShortened = turn.history.length < batch.history.length;
      // A long burst leaves less room than the next turn will need.
      const rest = Math.max(0, charactersOf(turn.messages) - usualBurst);
      const historyCharacters = wasShortened ? charactersOf(turn.history) + rest : null;
      return { kind: "reply", bodies, usage: usage ?? result.usage, calls, historyCharacters };
    }
    if (failure.failure === "empty_answer" || turn.limit?.wasExceeded || asking.stop.aborted) {
      const rest = { retryAfterMs: null, requestId: result.requestId, usage: spent, calls };
      return { kind: "failed", remedy: "retry", ...failure, ...rest };
    }
    asking.log.warn("reply.too_long", { parts: bodies.length, limit: maxReplyParts });
    turn = { ...turn, limit: { characters, wasExceeded: true } };
  }
}

async function ask(turn: Turn, { model, stop, timeoutMs, log }: Asking): Promise<ModelResult> {
  log.info("model.called", { timeout_ms: timeoutMs });
  const result = await model.reply(turn, { timeoutMs, signal: stop });
  if (result.kind === "failed") {
    const { failure, detail, remedy, requestId } = result;
    log.warn("model.failed", { failure, detail, remedy, model_request_id: requestId });
  } else {
    const { finishReason, usage, requestId } = result;
    log.info("model.answered", {
      model_request_id: requestId,
      finish_reason: finishReason,
      model: usage.model,
      prompt_tokens: usage.promptTokens,
      completion_tokens: usage.completionTokens,
      latency_ms: Math.round(usage.latencyMs),
    });
  }
  return result;
}

/** The turn with less of the past, or, where none is left, with fewer messages. Null: there is nothing left to leave out. */
function shortened(turn: Turn): Turn | null {
  const { history, messages } = turn;
  if (history.length > 0) {
    const half = charactersOf(history) / 2;
    // From a quarter of what fits a prompt on, halves are not worth another refusal.
    return { ...turn, history: half < leastHistory ? [] : newest(history, half) };
  }
  if (messages.length === 1) return null;
  return { ...turn, messages: messages.slice(Math.ceil(messages.length / 2)) };
}

const leastHistory = 2_000;
/** Characters that a burst seldom has more of. */
const usualBurst = 1_000;

function newest(history: PastMessage[], characters: number): PastMessage[] {
  let from = history.length;
  for (let left = characters; from > 0; from--) {
    left -= history[from - 1]?.body.length ?? 0;
    if (left < 0) break;
  }
  return history.slice(from);
}

function charactersOf(history: PastMessage[]): number {
  return history.reduce((sum, { body }) => sum + body.length, 0);
}

/** What all calls for one reply cost together. */
function sum(a: ModelUsage | null, b: ModelUsage | null): ModelUsage | null {
  if (!a || !b) return a ?? b;
  return {
    model: b.model,
    promptTokens: a.promptTokens + b.promptTokens,
    completionTokens: a.completionTokens + b.completionTokens,
    latencyMs: a.latencyMs + b.latencyMs,
  };
}
