import { readFields } from "./json.ts";
import { countTokens, type ModelApi, type ModelRequest, newId, readMessages, type Said } from "./wire.ts";

/** https://platform.openai.com/docs/api-reference/chat */
export const chatApi: ModelApi = { path: "/v1/chat/completions", read: readChat, answer: completion };

/** The parts of a Chat Completions request that the scripted model looks at. Null: not such a request. */
export function readChat(text: string): ModelRequest | null {
  const body = readFields(text);
  if (typeof body?.model !== "string" || !Array.isArray(body.messages)) return null;
  const messages = readMessages(body.messages);
  return messages && { model: body.model, messages, body };
}

function completion(request: ModelRequest, said: Said) {
  const tokens = countTokens(request, said);
  return {
    id: newId("chatcmpl-"),
    object: "chat.completion",
    created: Math.floor(Date.now() / 1000),
    model: request.model,
    choices: [{
      index: 0,
      message: {
        role: "assistant",
        content: said.refusal === undefined ? said.text : null,
        refusal: said.refusal ?? null,
        annotations: [],
      },
      logprobs: null,
      finish_reason: said.isFiltered ? "content_filter" : "stop",
    }],
    usage: {
      prompt_tokens: tokens.asked,
      completion_tokens: tokens.said,
      total_tokens: tokens.asked + tokens.said,
      prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
      completion_tokens_details: { reasoning_tokens: 0, audio_tokens: 0 },
    },
    service_tier: "default",
    system_fingerprint: null,
  };
}
