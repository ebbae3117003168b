import { readChatAnswer } from "./chat_answer.ts";
import { readResponsesAnswer } from "./responses_answer.ts";

/** What a model answered, in whichever shape it came; nothing in it is cleaned yet. */
export interface Answer {
  model: string | null;
  finishReason: string | null;
  text: string;
  refusal: string;
  usage: unknown;
}

/** A proxy may answer in the other API's shape: both are tried. Null: this is no answer, or the text of one that broke off. */
export function readAnswer(body: { values: unknown[]; isDone: boolean }): Answer | null {
  return readChatAnswer(body) ?? readResponsesAnswer(body);
}
