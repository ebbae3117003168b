import OpenAI from "openai";
import type { ModelFailure, ModelResult, Remedy } from "../../app/ports/model.ts";
import { retryAfterMs } from "../../domain/retry_after.ts";
import { type Body, readBody } from "../body.ts";
import { classify } from "./classification.ts";
import { errorOfRefusal, type ProviderError } from "./provider_error.ts";
import { keptBody } from "./refusal.ts";

export type Failed = Extract<ModelResult, { kind: "failed" }>;
type Rest = Partial<Omit<Failed, "kind" | "failure" | "remedy">>;

const remedies: Record<ModelFailure, Remedy> = {
  timeout: "wait",
  rate_limited: "wait",
  quota_exhausted: "wait",
  unavailable: "wait",
  unreachable: "wait",
  credentials: "wait",
  malformed_answer: "wait",
  empty_answer: "retry",
  content_refused: "give_up",
  request_rejected: "give_up",
  too_long: "shrink",
  aborted: "wait",
};

/** A failure with its remedy, and with what is usual filled in. */
export function failed(failure: ModelFailure, rest: Rest = {}): Failed {
  return {
    detail: failure,
    retryAfterMs: null,
    requestId: null,
    usage: null,
    ...rest,
    kind: "failed",
    failure,
    remedy: remedies[failure],
  };
}

/** A server's own error as a result, with its words. */
export function failedBy(error: ProviderError, rest: Rest = {}): Failed {
  return failed(classify(error), { detail: wordsOf(error), ...rest });
}

/** What the client threw, as a result. */
export function failedByThrown(error: unknown): Failed {
  const detail = messagesOf(error);
  if (error instanceof OpenAI.APIConnectionTimeoutError) return failed("timeout", { detail });
  if (error instanceof OpenAI.APIError && error.status !== undefined) {
    const { status, headers, requestID } = error;
    return failedByRefusal(status, readBody(keptBody(error.error) ?? error.message), {
      requestId: requestID ?? null,
      retryAfterMs: headers ? retryAfterMs(headers, new Date()) : null,
    });
  }
  return failed("unreachable", { detail });
}

function failedByRefusal(status: number, body: Body, rest: Rest): Failed {
  const error = errorOfRefusal(status, body);
  const failure = classify(error);
  // A page was written by something before the model's server: the turn was never looked at.
  const byProxy = failure === "request_rejected" && body.kind === "words" && body.isPage;
  return failed(byProxy ? "malformed_answer" : failure, { detail: wordsOf(error), ...rest });
}

function wordsOf({ status, codes, words }: ProviderError): string {
  const marks = [status, ...codes].filter((mark) => mark !== null).join(" ");
  return [marks, words].filter((part) => part !== "").join(": ");
}

function messagesOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const causes = [error.message];
  for (let cause = error.cause; cause instanceof Error && causes.length < 4; cause = cause.cause) {
    causes.push(cause.message);
  }
  return causes.join(": ");
}
