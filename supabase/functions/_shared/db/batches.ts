import { z } from "zod";
import type { Batches, Claim } from "../app/ports/batches.ts";
import type { ModelUsage } from "../app/ports/model.ts";
import { holderArgs } from "./holder_args.ts";
import { nextSend } from "./outbox.ts";
import type { Rpc } from "./rpc.ts";
import { count } from "./storable.ts";

const pastMessage = z.object({
  author: z.enum(["customer", "assistant", "operator", "system"]),
  kind: z.enum(["text", "media", "location", "button", "unknown"]),
  body: z.string(),
  media: z.array(z.object({ url: z.string(), contentType: z.string() })),
});

const claim = z.discriminatedUnion("outcome", [
  z.object({ outcome: z.enum(["lost", "drained", "capped", "handed_off"]) }),
  z.object({ outcome: z.literal("outbox"), send: nextSend }),
  z.object({ outcome: z.literal("wait"), wait_ms: z.number() }),
  z.object({ outcome: z.literal("dead"), batch_id: z.string(), message_ids: z.array(z.string()) }),
  z.object({
    outcome: z.literal("claimed"),
    batch_id: z.string(),
    attempt: z.number(),
    message_ids: z.array(z.string()),
    customer_name: z.string().nullable(),
    assistant: z.object({
      instructions: z.string(),
      locale: z.string(),
      model: z.string().nullable(),
      max_reply_parts: z.number(),
    }).transform(({ max_reply_parts, ...row }) => ({ ...row, maxReplyParts: max_reply_parts })),
    messages: z.array(pastMessage),
    history: z.array(pastMessage),
  }),
]);

const completion = z.discriminatedUnion("outcome", [
  z.object({ outcome: z.enum(["lost", "superseded"]) }),
  z.object({ outcome: z.literal("completed"), message_ids: z.array(z.string()), send: nextSend })
    .transform(({ outcome, message_ids, send }) => ({ outcome, messageIds: message_ids, send })),
]);

const failing = z.discriminatedUnion("outcome", [
  z.object({ outcome: z.enum(["dead", "lost"]) }),
  z.object({ outcome: z.literal("retrying"), retry_in_ms: z.number() })
    .transform(({ outcome, retry_in_ms }) => ({ outcome, retryInMs: retry_in_ms })),
]);

export function createBatches(rpc: Rpc, options: { maxAttempts: number }): Batches {
  return {
    claim: async (holder) => {
      const args = { ...holderArgs(holder), p_max_attempts: options.maxAttempts };
      return readClaim(await rpc.repeated("claim_batch", args, claim));
    },
    complete: (holder, { batchId, bodies, usage, calls, historyCharacters }) =>
      rpc.repeated("complete_batch", {
        ...holderArgs(holder),
        p_batch_id: batchId,
        p_bodies: bodies,
        p_usage: {
          ...usageRow(usage, calls),
          ...(historyCharacters === null ? {} : { history_characters: count(historyCharacters) }),
        },
      }, completion),
    fail: (holder, { batchId, error, remedy, askedMs, usage, calls }) =>
      rpc.repeated("fail_batch", {
        ...holderArgs(holder),
        p_batch_id: batchId,
        p_error: error,
        p_remedy: remedy,
        p_asked_ms: count(askedMs ?? 0) ?? 0,
        p_max_attempts: options.maxAttempts,
        p_usage: usageRow(usage, calls),
      }, failing),
    handBack: (holder) => rpc.repeated("hand_back_batch", holderArgs(holder), z.boolean()),
  };
}

function readClaim(row: z.infer<typeof claim>): Claim {
  switch (row.outcome) {
    case "wait":
      return { outcome: "wait", waitMs: row.wait_ms };
    case "dead":
      return { outcome: "dead", batchId: row.batch_id, messageIds: row.message_ids };
    case "outbox":
      return row;
    case "claimed":
      return {
        outcome: "claimed",
        batch: {
          batchId: row.batch_id,
          attempt: row.attempt,
          messageIds: row.message_ids,
          customerName: row.customer_name,
          assistant: row.assistant,
          messages: row.messages,
          history: row.history,
        },
      };
    default:
      return { outcome: row.outcome };
  }
}

function usageRow(usage: ModelUsage | null, calls: number) {
  return {
    model: usage?.model ?? null,
    prompt_tokens: count(usage?.promptTokens),
    completion_tokens: count(usage?.completionTokens),
    latency_ms: count(usage?.latencyMs),
    calls: count(calls),
  };
}
