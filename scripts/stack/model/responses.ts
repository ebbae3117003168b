import { readFields } from "./json.ts";
import { countTokens, type ModelApi, type ModelRequest, newId, readMessages, type Said } from "./wire.ts";

/** https://platform.openai.com/docs/api-reference/responses, not streamed. */
export const responsesApi: ModelApi = { path: "/v1/responses", read: readResponses, answer: response };

function readResponses(text: string): ModelRequest | null {
  const body = readFields(text);
  if (typeof body?.model !== "string") return null;
  const { instructions, input } = body;
  const items = typeof input === "string" ? [{ role: "user", content: input }] : input;
  const messages = Array.isArray(items) ? readMessages(items) : null;
  if (messages === null) return null;
  const system = typeof instructions === "string" ? [{ role: "system", text: instructions }] : [];
  return { model: body.model, messages: [...system, ...messages], body };
}

function response(request: ModelRequest, said: Said) {
  const tokens = countTokens(request, said);
  const status = said.isFiltered ? "incomplete" : "completed";
  const now = Math.floor(Date.now() / 1000);
  return {
    id: newId("resp_"),
    object: "response",
    created_at: now,
    completed_at: said.isFiltered ? null : now,
    status,
    error: null,
    incomplete_details: said.isFiltered ? { reason: "content_filter" } : null,
    instructions: null,
    max_output_tokens: null,
    metadata: {},
    model: request.model,
    output: [{
      id: newId("msg_"),
      type: "message",
      status,
      role: "assistant",
      content: [
        said.refusal === undefined
          ? { type: "output_text", text: said.text, annotations: [], logprobs: [] }
          : { type: "refusal", refusal: said.refusal },
      ],
    }],
    parallel_tool_calls: true,
    previous_response_id: null,
    reasoning: { effort: null, summary: null },
    store: false,
    temperature: 1,
    text: { format: { type: "text" } },
    tool_choice: "auto",
    tools: [],
    top_p: 1,
    truncation: "disabled",
    usage: {
      input_tokens: tokens.asked,
      input_tokens_details: { cached_tokens: 0 },
      output_tokens: tokens.said,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: tokens.asked + tokens.said,
    },
  };
}
