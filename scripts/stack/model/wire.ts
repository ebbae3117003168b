import { isFields } from "./json.ts";

/** One message of a request; content parts are joined, pictures become `[image]`. */
export interface ChatMessage {
  role: string;
  text: string;
}

/** The parts of a request that the scripted model looks at, in either API. */
export interface ModelRequest {
  model: string;
  messages: ChatMessage[];
  /** As it came. */
  body: unknown;
}

/** What the model says; without a text it refuses, or a filter has taken its words. */
export interface Said {
  text: string;
  refusal?: string;
  isFiltered?: boolean;
}

/** One of OpenAI's APIs: where it is, how it is read, and how it answers. */
export interface ModelApi {
  path: string;
  /** Null: not such a request. */
  read(text: string): ModelRequest | null;
  answer(request: ModelRequest, said: Said): unknown;
}

/** Null where an item is no message. */
export function readMessages(items: unknown[]): ChatMessage[] | null {
  const messages: ChatMessage[] = [];
  for (const item of items) {
    if (!isFields(item) || typeof item.role !== "string") return null;
    messages.push({ role: item.role, text: textOf(item.content) });
  }
  return messages;
}

function textOf(content: unknown): string {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return "";
  return content.map((part) => isFields(part) && typeof part.text === "string" ? part.text : "[image]")
    .join("\n");
}

/** Roughly four characters a token. */
export function countTokens({ messages }: ModelRequest, { text, refusal = "" }: Said) {
  const tokensOf = (words: string) => Math.ceil(words.length / 4);
  return {
    asked: tokensOf(messages.map((message) => message.text).join("\n")),
    said: tokensOf(text || refusal),
  };
}

export function newId(prefix: string): string {
  return prefix + crypto.randomUUID().replaceAll("-", "");
}
