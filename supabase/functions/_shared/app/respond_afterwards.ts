import type { Logger } from "../runtime/logger.ts";
import type { RespondOptions } from "./respond.ts";

export interface Afterwards {
  /** Answers what waits in a session. */
  respond: (sessionId: string, log: Logger, options?: RespondOptions) => Promise<unknown>;
  /** Keeps the worker alive until the work is done, as well as it can: what it cannot finish is the sweep's. */
  waitUntil: (work: Promise<unknown>) => void;
}

/** Lets a session be answered once the request is acknowledged. */
export function respondAfterwards(
  sessionId: string,
  log: Logger,
  { respond, waitUntil }: Afterwards,
  options: RespondOptions = {},
): void {
  const work = respond(sessionId, log, options);
  waitUntil(work.catch((error) => log.error("response.failed", { session_id: sessionId, error })));
}
