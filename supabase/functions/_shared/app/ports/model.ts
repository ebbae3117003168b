import type { Turn } from "../../domain/turn.ts";

export type ModelUsage = { model: string; promptTokens: number; completionTokens: number; latencyMs: number };

/**
 * Whose trouble it was, and so what helps. `wait`: the outside's (no answer, an outage, a key, an unknown model, no quota),
 * so the same turn waits for it to pass. `retry`: the batch itself may have caused it, and it may pass at once. `shrink`:
 * the turn is too long for the model. `give_up`: the turn as it is would be refused again.
 */
export type Remedy = "wait" | "retry" | "shrink" | "give_up";

export type ModelFailure =
  | "timeout"
  | "rate_limited"
  | "quota_exhausted"
  /** An error of the server, a model that is loading, or one that the server does not have. */
  | "unavailable"
  | "unreachable"
  | "credentials"
  /** What came is no answer of a model: a proxy's page, a torn body. */
  | "malformed_answer"
  /** Nothing to say, or thoughts alone. */
  | "empty_answer"
  | "content_refused"
  | "request_rejected"
  | "too_long"
  | "aborted";

/** What one call to the model gave. All text is well-formed Unicode without NUL; `detail` has at most 500 UTF-16 units. */
export type ModelResult =
  | {
    kind: "reply";
    body: string;
    /** The server's own word for why it ended. */
    finishReason: string | null;
    requestId: string | null;
    usage: ModelUsage;
  }
  | {
    kind: "failed";
    failure: ModelFailure;
    remedy: Remedy;
    /** What the server asked to wait, in milliseconds. */
    retryAfterMs: number | null;
    detail: string;
    requestId: string | null;
    usage: ModelUsage | null;
  };

export interface ReplyModel {
  /** Answers one turn with plain text within `timeoutMs`, or as soon as `signal` aborts. Never throws. */
  reply(turn: Turn, options: { timeoutMs: number; signal: AbortSignal }): Promise<ModelResult>;
}
