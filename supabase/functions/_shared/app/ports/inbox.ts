import type { InboundContent } from "../../domain/inbound_content.ts";

export interface InboundMessage {
  messageSid: string;
  accountSid: string;
  from: string;
  to: string;
  content: InboundContent;
  /** Everything Twilio sent. */
  params: Record<string, string | string[]>;
}

export type IngestResult =
  | { outcome: "orphaned" }
  | {
    outcome: "accepted" | "duplicate" | "opted_out" | "handoff";
    messageId: string;
    sessionId: string;
    conversationId: string;
    /** The live holder of the batch lock: its release will see this message. */
    lockOwner: string | null;
    /** Nothing is claimed before so long: the quiet window. Null where nobody has to respond. */
    waitMs: number | null;
  };

/** Where a verified message becomes durable, in one transaction; throws an AppError when the database did not commit. */
export interface Inbox {
  /** Not repeated on failure: a lost answer becomes a 503, and Twilio's retry a duplicate. */
  ingest(message: InboundMessage): Promise<IngestResult>;
}
