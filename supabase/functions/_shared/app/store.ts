import type { Conversation, StatusChange } from "../domain/conversation_status.ts";
import type { Assistant, PastMessage } from "../domain/turn.ts";
import type { TwilioStatus } from "../domain/delivery_status.ts";
import type { InboundContent } from "../domain/inbound_content.ts";
import type { ModelUsage, SendResult } from "./ports.ts";

/** What the database promises. Every method is one atomic transition; all throw an AppError when it cannot be asked. */

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
  };

export interface Inbox {
  /** Not repeated on failure: a lost answer becomes a 503, and Twilio's retry a duplicate. */
  ingest(message: InboundMessage): Promise<IngestResult>;
}

export interface BatchLocks {
  acquire(
    sessionId: string,
    webhookId: string,
    seconds: number,
  ): Promise<{ success: boolean; lockOwner: string }>;
  extend(sessionId: string, webhookId: string, seconds: number): Promise<boolean>;
  release(sessionId: string, webhookId: string, options: { ifDrained: boolean }): Promise<boolean>;
}

/** The session and the invocation that holds its lease: the fence of every decision. */
export interface Holder {
  sessionId: string;
  webhookId: string;
}

export interface ClaimedBatch {
  batchId: string;
  attempt: number;
  conversationId: string;
  messageIds: string[];
  customerName: string | null;
  assistant: Assistant;
  messages: PastMessage[];
  history: PastMessage[];
}

export type Claim =
  | { outcome: "lost" | "drained" | "capped" }
  | { outcome: "wait"; waitMs: number }
  | { outcome: "dead"; batchId: string; messageIds: string[] }
  | { outcome: "claimed"; batch: ClaimedBatch };

export type Completion =
  | { outcome: "lost" | "superseded" }
  | { outcome: "completed"; messageIds: string[]; send: NextSend };

export interface BatchFailure {
  error: { failure: string; detail: string; request_id: string | null };
  retryable: boolean;
  retryInMs: number;
  usage: ModelUsage | null;
}

export interface Batches {
  claim(holder: Holder): Promise<Claim>;
  complete(holder: Holder, batchId: string, bodies: string[], usage: ModelUsage): Promise<Completion>;
  fail(holder: Holder, batchId: string, failure: BatchFailure): Promise<"retrying" | "dead" | "lost">;
  /** Returns what is claimed, uncounted, and frees the lease. False: it was not the holder's any more. */
  handBack(holder: Holder): Promise<boolean>;
}

/** One outbound row at one attempt. */
export interface Send {
  messageId: string;
  attempt: number;
  accountSid: string;
  from: string;
  to: string;
  messagingServiceSid: string | null;
  body: string;
  /** The template that takes the body's place outside the 24 h window. */
  contentSid: string | null;
  /** Database time at which the row was written: no attempt is older. */
  createdAt: Date;
}

export type NextSend =
  & { canceled: { messageId: string; reason: string }[] }
  & (
    | { outcome: "none" | "lost" }
    | { outcome: "begun" | "settle"; send: Send }
    | { outcome: "in_grace" | "postponed"; waitMs: number }
  );

/** `found` is a match in Twilio's list; the others are what a POST gave. */
export type SendEvidence = SendResult | {
  kind: "found";
  messageSid: string;
  status: TwilioStatus;
  errorCode: number | null;
};

export type RecordedSend = "recorded" | "repeated" | "second_sid" | "taken" | "stale";

export interface Outbox {
  /** `absent`: the send that Twilio was found not to have, which is begun again. */
  begin(holder: Holder, absent?: Send): Promise<NextSend>;
  record(
    holder: Holder,
    send: Send,
    evidence: SendEvidence,
  ): Promise<{ recorded: RecordedSend; next: NextSend }>;
  /** Those of `messageSids` that some message already has. */
  knownSids(messageSids: string[]): Promise<Set<string>>;
}

export interface StatusReport {
  accountSid: string;
  messageId: string | null;
  messageSid: string;
  status: TwilioStatus | null;
  errorCode: number | null;
}

export interface DeliveryStatuses {
  record(report: StatusReport): Promise<"recorded" | "repeated" | "second_sid" | "taken" | "unknown_message">;
}

export interface ConversationCounts {
  idled: number;
  expired: number;
  rescheduled: number;
  idleMessages: number;
  /** Others are due. */
  more: boolean;
}

export interface SweepStore {
  begin(): Promise<{ runId: number; lateSeconds: number }>;
  /** Moves up to `limit` conversations whose time has come. */
  conversations(limit: number): Promise<ConversationCounts>;
  /** Sessions with something to do and nobody doing it. */
  stalledSessions(limit: number): Promise<string[]>;
  housekeeping(
    rawRetentionDays: number,
  ): Promise<{ rawPayloads: number; sweepRuns: number; cronRuns: number }>;
  finish(runId: number, counts: object): Promise<void>;
}

export interface Conversations {
  /** Null: there is none. */
  find(id: string): Promise<Conversation | null>;
  /** Only from `version`. AppErrors: `conflict` when it is no longer current, `invalid` for an illegal move, `not_found`. */
  transition(id: string, version: number, change: StatusChange): Promise<Conversation>;
}
