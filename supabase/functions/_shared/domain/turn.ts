import type { InboundKind, Media } from "./inbound_content.ts";

export type Author = "customer" | "assistant" | "operator" | "system";

/** One earlier message of the session, oldest first in `Turn.history`. */
export interface PastMessage {
  author: Author;
  kind: InboundKind;
  body: string;
  media: Media[];
}

export interface Assistant {
  instructions: string;
  locale: string;
  /** Null: the deployment's. */
  model: string | null;
}

/** The batch as the model sees it: what the assistant is told, what was said before, and what is to be answered now. */
export interface Turn extends Assistant {
  customerName: string | null;
  history: PastMessage[];
  messages: PastMessage[];
  /** How long a reply may be, and whether an earlier answer to this turn was longer. Null: the model is not told. */
  limit: { characters: number; wasExceeded: boolean } | null;
}
