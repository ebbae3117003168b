import type { Assistant, PastMessage } from "../../domain/turn.ts";
import type { Holder } from "./batch_locks.ts";
import type { ModelUsage } from "./model.ts";
import type { NextSend } from "./outbox.ts";

export interface ClaimedBatch {
  batchId: string;
  attempt: number;
  messageIds: string[];
  customerName: string | null;
  assistant: Assistant & { maxReplyParts: number };
  messages: PastMessage[];
  history: PastMessage[];
}

export type Claim =
  | { outcome: "lost" | "drained" | "capped" | "handed_off" }
  /** What was left in the outbox comes first. */
  | { outcome: "outbox"; send: NextSend }
  | { outcome: "wait"; waitMs: number }
  | { outcome: "dead"; batchId: string; messageIds: string[] }
  | { outcome: "claimed"; batch: ClaimedBatch };

export type Completion =
  | { outcome: "lost" | "superseded" }
  | { outcome: "completed"; messageIds: string[]; send: NextSend };

/** One reply: its parts in order, and what it cost. */
export interface Reply {
  batchId: string;
  bodies: string[];
  usage: ModelUsage;
  /** How often the model was asked for it. */
  calls: number;
  /** Characters of history that the model took, once it had refused more. Null: it took all it was given. */
  historyCharacters: number | null;
}

export interface BatchFailure {
  batchId: string;
  error: { failure: string; detail: string; request_id: string | null };
  /**
   * What helps: `wait` for what is outside, uncounted and for as long as there is patience; `retry` what the messages brought
   * about, a few times; `give_up`, for trying again can only fail again.
   */
  remedy: "wait" | "retry" | "give_up";
  /** How long the server asked to be left alone. */
  askedMs: number | null;
  usage: ModelUsage | null;
  /** How often the model was asked. */
  calls: number;
}

export type Failing = { outcome: "dead" | "lost" } | { outcome: "retrying"; retryInMs: number };

/**
 * What is to be answered together, and how that ends. Each method is one transaction, fenced by the lease, and throws an
 * AppError when the database cannot be asked.
 */
export interface Batches {
  claim(holder: Holder): Promise<Claim>;
  complete(holder: Holder, reply: Reply): Promise<Completion>;
  fail(holder: Holder, failure: BatchFailure): Promise<Failing>;
  /** Returns what is claimed, uncounted, and frees the lease. False: it was not the holder's any more. */
  handBack(holder: Holder): Promise<boolean>;
}
