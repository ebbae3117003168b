import { setTimeout as pause } from "node:timers/promises";
import { jsonAnswer, serveHttp } from "../../../../scripts/stack/simulator/http_server.ts";
import { readChat } from "../../../../scripts/stack/simulator/model_chat.ts";
import { newestTurn } from "../../../../scripts/stack/simulator/model_reply.ts";
import { tokensIn } from "./outside_log.ts";

export interface EchoModel {
  /** With `/v1`, for `OPENAI_BASE_URL`. */
  url: string;
  calls(): number;
  stop(): Promise<void>;
}

/** A model that repeats the tokens of what the customer said since its last word. It remembers nothing, however long it runs. */
export async function startEchoModel(delayMs: () => number): Promise<EchoModel> {
  let calls = 0;
  const server = await serveHttp(0, async ({ body }) => {
    const chat = readChat(body);
    if (chat === null) {
      return jsonAnswer(400, { error: { message: "No chat.", type: "invalid_request_error" } });
    }
    calls += 1;
    await pause(delayMs());
    const named = newestTurn(chat.messages).flatMap(tokensIn);
    const message = { role: "assistant", content: `Recebi ${named.join(" ")}`, refusal: null };
    return jsonAnswer(200, {
      id: `chatcmpl-${calls}`,
      object: "chat.completion",
      created: Math.floor(Date.now() / 1_000),
      model: chat.model,
      choices: [{ index: 0, message, logprobs: null, finish_reason: "stop" }],
      usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
    });
  });
  return { url: `${server.url}/v1`, calls: () => calls, stop: () => server.stop() };
}
