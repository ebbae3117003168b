import type { Answer } from "./answer.ts";
import { readContent } from "./content.ts";
import { fieldsOf, isFields, itemsOf, textOf } from "../json.ts";

/** A Response (https://platform.openai.com/docs/api-reference/responses/object), whole or as the last event of a stream. */
export function readResponsesAnswer(body: { values: unknown[] }): Answer | null {
  const response = body.values.map(fieldsOf).map(responseOf).findLast((found) => found !== null);
  if (!response) return null;
  const output = itemsOf(response.output).map(fieldsOf);
  const said = saidIn(output);
  if (said === null) return null;
  // Some servers send an empty list of outputs at the end of a stream that had them.
  const streamed = output.length === 0 ? deltasOf(body.values) : "";
  const { reason } = fieldsOf(response.incomplete_details);
  return {
    text: said.text || textOf(response.output_text) || streamed,
    refusal: said.refusal,
    finishReason: textOf(reason) ?? textOf(response.status),
    model: textOf(response.model),
    usage: response.usage,
  };
}

function deltasOf(values: unknown[]): string {
  const deltas = values.map(fieldsOf).filter(({ type }) => type === "response.output_text.delta");
  return deltas.map(({ delta }) => typeof delta === "string" ? delta : "").join("");
}

function responseOf(value: Record<string, unknown>): Record<string, unknown> | null {
  if (isFields(value.response)) {
    // Events before the last one carry a response that is still empty.
    return /^response\.(?:completed|incomplete|failed|cancelled)$/.test(String(value.type))
      ? value.response
      : null;
  }
  const isResponse = Array.isArray(value.output) || typeof value.output_text === "string" ||
    (value.object === "response" && typeof value.status === "string");
  return isResponse ? value : null;
}

/** Reasoning and calls are left out, and what is said only on the way to an answer. */
function saidIn(output: Record<string, unknown>[]): { text: string; refusal: string } | null {
  const messages = output.filter(({ type, role }) => type === "message" || (type === undefined && role));
  const final = messages.filter(({ phase }) => phase === "final_answer");
  const chosen = final.length > 0 ? final : messages.filter(({ phase }) => phase !== "commentary");
  const contents = chosen.map(({ content }) => readContent(content));
  const read = contents.filter((content) => content !== null);
  if (read.length < contents.length) return null;
  return {
    text: read.map(({ text }) => text).filter((text) => text.trim() !== "").join("\n"),
    refusal: read.map(({ refusal }) => refusal).join(""),
  };
}
