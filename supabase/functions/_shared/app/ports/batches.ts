import type { Assistant, PastMessage } from "../../domain/turn.ts";
import type { Holder } from "./batch_locks.ts";
import type { ModelUsage } from "./model.ts";
import type { NextSend } from "./outbox.ts";

export interface ClaimedBatch {
  batchId: string;
  attempt: number;
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

/** One reply: its parts in order, and what it cost. */
export interface Reply {
  batchId: string;
  bodies: string[];
  usage: ModelUsage;
}

export interface BatchFailure {
  batchId: string;
  error: { failure: string; detail: string; request_id: string | null };
  retryable: boolean;
  retryInMs: number;
  usage: ModelUsage | null;
}

/**
 * What is to be answered together, and how that ends. Each method is one transaction, fenced by the lease, and throws an
 * AppError when the database cannot be asked.
 */
export interface Batches {
  claim(holder: Holder): Promise<Claim>;
  complete(holder: Holder, reply: Reply): Promise<Completion>;
  fail(holder: Holder, failure: BatchFailure): Promise<"retrying" | "dead" | "lost">;
  /** Returns what is claimed, uncounted, and frees the lease. False: it was not the holder's any more. */
  handBack(holder: Holder): Promise<boolean>;
}
