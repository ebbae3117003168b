import { z } from "zod";
import type { Batches, Claim } from "../app/ports/batches.ts";
import type { ModelUsage } from "../app/ports/model.ts";
import { holderArgs } from "./holder_args.ts";
import { nextSend } from "./outbox.ts";
import type { Rpc } from "./rpc.ts";

const pastMessage = z.object({
  author: z.enum(["customer", "assistant", "operator", "system"]),
  kind: z.enum(["text", "media", "location", "button", "unknown"]),
  body: z.string(),
  media: z.array(z.object({ url: z.string(), contentType: z.string() })),
});

const claim = z.discriminatedUnion("outcome", [
  z.object({ outcome: z.enum(["lost", "drained", "capped"]) }),
  z.object({ outcome: z.literal("wait"), wait_ms: z.number() }),
  z.object({ outcome: z.literal("dead"), batch_id: z.string(), message_ids: z.array(z.string()) }),
  z.object({
    outcome: z.literal("claimed"),
    batch_id: z.string(),
    attempt: z.number(),
    message_ids: z.array(z.string()),
    customer_name: z.string().nullable(),
    assistant: z.object({ instructions: z.string(), locale: z.string(), model: z.string().nullable() }),
    messages: z.array(pastMessage),
    history: z.array(pastMessage),
  }),
]);

const completion = z.discriminatedUnion("outcome", [
  z.object({ outcome: z.enum(["lost", "superseded"]) }),
  z.object({ outcome: z.literal("completed"), message_ids: z.array(z.string()), send: nextSend })
    .transform(({ outcome, message_ids, send }) => ({ outcome, messageIds: message_ids, send })),
]);

const failure = z.object({ outcome: z.enum(["retrying", "dead", "lost"]) });

export function createBatches(rpc: Rpc, options: { maxAttempts: number }): Batches {
  return {
    claim: async (holder) => {
      const args = { ...holderArgs(holder), p_max_attempts: options.maxAttempts };
      return readClaim(await rpc.repeated("claim_batch", args, claim));
    },
    complete: (holder, { batchId, bodies, usage }) =>
      rpc.repeated("complete_batch", {
        ...holderArgs(holder),
        p_batch_id: batchId,
        p_bodies: bodies,
        p_usage: usageRow(usage),
      }, completion),
    fail: async (holder, { batchId, error, retryable, retryInMs, usage }) => {
      const answer = await rpc.repeated("fail_batch", {
        ...holderArgs(holder),
        p_batch_id: batchId,
        p_error: error,
        p_retryable: retryable,
        p_retry_in_ms: retryInMs,
        p_max_attempts: options.maxAttempts,
        p_usage: usageRow(usage),
      }, failure);
      return answer.outcome;
    },
    handBack: (holder) => rpc.repeated("hand_back_batch", holderArgs(holder), z.boolean()),
  };
}

function readClaim(row: z.infer<typeof claim>): Claim {
  switch (row.outcome) {
    case "wait":
      return { outcome: "wait", waitMs: row.wait_ms };
    case "dead":
      return { outcome: "dead", batchId: row.batch_id, messageIds: row.message_ids };
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

function usageRow(usage: ModelUsage | null) {
  return {
    model: usage?.model ?? null,
    prompt_tokens: usage?.promptTokens ?? null,
    completion_tokens: usage?.completionTokens ?? null,
    latency_ms: usage === null ? null : Math.round(usage.latencyMs),
  };
}
