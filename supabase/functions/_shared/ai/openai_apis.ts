import type OpenAI from "openai";
import type { Prompt } from "./prompt.ts";

/** One question: to which model, and when to stop waiting. */
export interface Question {
  model: string;
  prompt: Prompt;
  timeoutMs: number;
  signal: AbortSignal;
}

/** Asks once and gives the response as it came; throws what the client throws. */
export type Ask = (client: OpenAI, question: Question) => Promise<Response>;

/** https://platform.openai.com/docs/api-reference/chat/create, as little of it as every compatible server takes. */
export const askChat: Ask = (client, { model, prompt, timeoutMs, signal }) => {
  const { instructions, turns } = prompt;
  const system = instructions === "" ? [] : [{ role: "system" as const, content: instructions }];
  return client.chat.completions
    .create({ model, messages: [...system, ...turns], stream: false }, { signal, timeout: timeoutMs })
    .asResponse();
};

/** https://platform.openai.com/docs/api-reference/responses/create. Nothing is stored: the history is ours. */
export const askResponses: Ask = (client, { model, prompt, timeoutMs, signal }) => {
  const { instructions, turns } = prompt;
  const system = instructions === "" ? {} : { instructions };
  return client.responses
    .create({ model, ...system, input: turns, store: false, stream: false }, { signal, timeout: timeoutMs })
    .asResponse();
};
