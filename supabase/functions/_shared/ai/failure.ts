import OpenAI from "openai";
import type { ModelFailure, ModelResult } from "../app/ports/model.ts";
import { retryAfterMs } from "../domain/retry_after.ts";

export type Failed = Extract<ModelResult, { kind: "failed" }>;

/** A failure with what is usual filled in. */
export function failed(failure: ModelFailure, retryable: boolean, rest: Partial<Failed> = {}): Failed {
  return {
    detail: failure,
    retryAfterMs: null,
    requestId: null,
    usage: null,
    ...rest,
    kind: "failed",
    failure,
    retryable,
  };
}

/** What the client threw, as a result. Whether a later attempt can succeed depends on whose fault it was. */
export function classifyError(error: unknown): Failed {
  const detail = detailOf(error);
  if (error instanceof OpenAI.APIConnectionTimeoutError) return failed("timeout", true, { detail });
  if (error instanceof OpenAI.APIConnectionError) return failed("unreachable", true, { detail });
  if (error instanceof OpenAI.APIError) {
    const requestId = error.requestID ?? null;
    const wait = error.headers ? retryAfterMs(error.headers, new Date()) : null;
    return { ...classifyStatus(error.status, error.code), detail, requestId, retryAfterMs: wait };
  }
  // A body that was no JSON, or broke off.
  if (error instanceof SyntaxError) return failed("malformed_answer", true, { detail });
  return failed("unreachable", true, { detail });
}

function classifyStatus(status: number | undefined, code: string | null | undefined): Failed {
  if (status === undefined) return failed("malformed_answer", true);
  if (code === "content_filter" || code === "content_policy_violation") {
    return failed("content_refused", false);
  }
  if (status === 429) return failed("rate_limited", true);
  if (status === 408) return failed("timeout", true);
  if (status >= 500 || status === 409 || status === 425) return failed("server_error", true);
  // A bad key or model name is the operator's to repair: until then the messages wait instead of being given up on.
  if (status === 401 || status === 402 || status === 403 || status === 404) {
    return failed("request_rejected", true);
  }
  // This turn as it is (too long, malformed) will be rejected again.
  return failed("request_rejected", false);
}

function detailOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const causes = [error.message];
  for (let cause = error.cause; cause instanceof Error && causes.length < 4; cause = cause.cause) {
    causes.push(cause.message);
  }
  return causes.join(": ");
}
