import type { ModelUsage } from "../../app/ports/model.ts";
import { cutAt, storableText } from "../../runtime/storable_text.ts";
import { fieldsOf } from "../json.ts";

/** PostgreSQL's `integer`. */
const largest = 2_147_483_647;

/** What a call cost: Chat Completions' names of the counts or Responses', none where the server gives none. */
export function usageOf(
  served: { model: string | null; usage: unknown },
  asked: { model: string; latencyMs: number },
): ModelUsage {
  const usage = fieldsOf(served.usage);
  const model = cutAt(storableText(served.model ?? ""), 200).trim() || cutAt(storableText(asked.model), 200);
  return {
    model,
    promptTokens: wholeNumber(usage.prompt_tokens ?? usage.input_tokens),
    completionTokens: wholeNumber(usage.completion_tokens ?? usage.output_tokens),
    latencyMs: wholeNumber(asked.latencyMs),
  };
}

/** Servers count with signs, fractions, texts and more digits than a ledger has. */
function wholeNumber(value: unknown): number {
  const number = typeof value === "number" || typeof value === "string" ? Number(value) : 0;
  return Number.isNaN(number) ? 0 : Math.round(Math.min(Math.max(number, 0), largest));
}
