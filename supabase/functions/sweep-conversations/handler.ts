import { sweep, type SweepDeps } from "../_shared/app/sweep.ts";
import { handler } from "../_shared/runtime/handler.ts";
import { HttpError, json } from "../_shared/runtime/http.ts";
import { requireInternalKey } from "../_shared/runtime/internal_key.ts";
import type { Secret } from "../_shared/runtime/secret.ts";
import type { Logger } from "../_shared/runtime/logger.ts";

export interface SweepHandlerDeps extends SweepDeps {
  internalApiKey: Secret;
  log: Logger;
}

/** The cron's target: one tick of the sweep, answered with its counts. */
export function createSweepHandler(deps: SweepHandlerDeps): (request: Request) => Promise<Response> {
  return handler(deps.log, async (request, { log }) => {
    if (request.method !== "POST") {
      throw new HttpError(405, "method_not_allowed", "The sweep is triggered by POST.");
    }
    requireInternalKey(request, deps.internalApiKey);
    return json(200, await sweep(log, deps));
  });
}
