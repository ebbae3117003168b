import type { Turn } from "../../domain/turn.ts";

export type ModelUsage = { model: string; promptTokens: number; completionTokens: number; latencyMs: number };

export type ModelFailure =
  | "timeout"
  | "rate_limited"
  | "server_error"
  | "unreachable"
  | "malformed_answer"
  | "empty_answer"
  | "content_refused"
  | "request_rejected"
  | "aborted";

/** What one call to the model gave. `retryable` says whether the same turn may succeed later. */
export type ModelResult =
  | { kind: "reply"; body: string; requestId: string | null; usage: ModelUsage }
  | {
    kind: "failed";
    failure: ModelFailure;
    retryable: boolean;
    retryAfterMs: number | null;
    detail: string;
    requestId: string | null;
    usage: ModelUsage | null;
  };

export interface ReplyModel {
  /** Answers one turn with plain text within `timeoutMs`, or as soon as `signal` aborts. Never throws. */
  reply(turn: Turn, options: { timeoutMs: number; signal: AbortSignal }): Promise<ModelResult>;
}
