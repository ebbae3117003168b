import { AppError } from "./errors.ts";
import { errorResponse, HttpError, requestIdOf } from "./http.ts";
import type { Logger } from "./logger.ts";

/** Wraps a function's HTTP handler: a request id in every line and answer, and one place where errors become statuses. */
export function handler(
  log: Logger,
  handle: (request: Request, context: { log: Logger; requestId: string }) => Promise<Response>,
): (request: Request) => Promise<Response> {
  return async (request) => {
    const requestId = requestIdOf(request);
    const requestLog = log.with({ request_id: requestId });
    try {
      return await handle(request, { log: requestLog, requestId });
    } catch (error) {
      const refusal = asHttpError(error);
      if (refusal.status >= 500) requestLog.error("request.failed", { status: refusal.status, error });
      else {requestLog.warn("request.refused", {
          status: refusal.status,
          code: refusal.code,
          ...why(refusal),
        });}
      return errorResponse(refusal, requestId, headersFor(refusal.status));
    }
  };
}

function asHttpError(error: unknown): HttpError {
  if (error instanceof HttpError) return error;
  if (error instanceof AppError && error.retryable) {
    return new HttpError(503, error.code, "Not now; try again.", error);
  }
  return new HttpError(500, "internal_error", "This is our mistake; the log has the details.", error);
}

/** What the log learns of a refusal and the caller does not. */
function why({ code, cause }: HttpError): { reason?: string; hint?: string } {
  return cause instanceof AppError && cause.code !== code ? { reason: cause.code, hint: cause.message } : {};
}

function headersFor(status: number): Record<string, string> {
  if (status === 405) return { allow: "POST" };
  return status === 503 ? { "retry-after": "1" } : {};
}
