import { sweep, type SweepDeps } from "../_shared/app/sweep.ts";
import { handler } from "../_shared/runtime/handler.ts";
import { HttpError, json } from "../_shared/runtime/http.ts";
import { requireInternalKey } from "../_shared/runtime/internal_key.ts";
import type { Secret } from "../_shared/runtime/secret.ts";
import type { Logger } from "../_shared/runtime/logger.ts";

export interface SweepHandlerDeps extends SweepDeps {
  /** Any of them opens: while one follows another there are two. */
  internalApiKeys: readonly Secret[];
  /** Keeps the worker alive until the tick is over. */
  waitUntil: (work: Promise<unknown>) => void;
  log: Logger;
}

/**
 * The cron's target: one tick of the sweep, acknowledged before it begins. pg_net has one worker for the whole project, which
 * waits for this answer. What the tick did is in `sweep_runs`; that it failed, in the log and in the missing end of its run.
 */
export function createSweepHandler(deps: SweepHandlerDeps): (request: Request) => Promise<Response> {
  return handler(deps.log, (request, { log, requestId }) => {
    if (request.method !== "POST") {
      throw new HttpError(405, "method_not_allowed", "The sweep is triggered by POST.");
    }
    requireInternalKey(request, deps.internalApiKeys);
    deps.waitUntil(sweep(log, deps).catch((error) => log.error("sweep.failed", { error })));
    return Promise.resolve(json(202, { request_id: requestId }));
  });
}
