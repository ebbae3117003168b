import { z } from "zod";
import type { ModelResult, ModelUsage } from "../app/ports/model.ts";
import { failed } from "./failure.ts";

/** As much of a Chat Completion as is used; compatible servers leave out the rest. */
const completion = z.object({
  model: z.string().nullish(),
  choices: z.array(z.object({
    finish_reason: z.string().nullish(),
    message: z.object({ content: z.string().nullish(), refusal: z.string().nullish() }),
  })).min(1),
  usage: z.object({ prompt_tokens: z.number(), completion_tokens: z.number() }).nullish().catch(null),
});

/** Reads an answer with status 2xx. Tokens are booked whatever the answer was worth. */
export function readCompletion(
  data: unknown,
  call: { model: string; latencyMs: number; requestId: string | null },
): ModelResult {
  const { requestId, latencyMs } = call;
  const parsed = completion.safeParse(data);
  const choice = parsed.data?.choices[0];
  if (!parsed.success || !choice) {
    return failed("malformed_answer", true, { requestId, detail: "the answer is no chat completion" });
  }
  const usage: ModelUsage = {
    model: parsed.data.model || call.model,
    promptTokens: parsed.data.usage?.prompt_tokens ?? 0,
    completionTokens: parsed.data.usage?.completion_tokens ?? 0,
    latencyMs,
  };
  const { message, finish_reason: finish } = choice;
  if (finish === "content_filter" || message.refusal) {
    return failed("content_refused", false, {
      requestId,
      usage,
      detail: message.refusal || "content_filter",
    });
  }
  const body = message.content?.trim() ?? "";
  if (body === "") {
    return failed("empty_answer", true, {
      requestId,
      usage,
      detail: `empty answer (${finish ?? "no reason"})`,
    });
  }
  return { kind: "reply", body, requestId, usage };
}
