import { ingest, needsResponse } from "../_shared/app/ingest.ts";
import type { AuthTokens } from "../_shared/app/ports/auth_tokens.ts";
import type { Inbox } from "../_shared/app/ports/inbox.ts";
import { type Afterwards, respondAfterwards } from "../_shared/app/respond_afterwards.ts";
import { handler } from "../_shared/runtime/handler.ts";
import type { Logger } from "../_shared/runtime/logger.ts";
import { parseInbound } from "../_shared/twilio/inbound.ts";
import { parsed, verifyWebhook } from "../_shared/twilio/webhook.ts";

export interface ReceiveDeps extends Afterwards {
  inbox: Inbox;
  authTokens: AuthTokens;
  /** This function's address as Twilio knows it, without a query. */
  publicUrl: string;
  log: Logger;
}

/** Verify, store once, acknowledge; then, unless another invocation will, answer. Never 200 without a commit. */
export function createReceiveHandler(deps: ReceiveDeps): (request: Request) => Promise<Response> {
  return handler(deps.log, async (request, { log }) => {
    const { params } = await verifyWebhook(request, deps);
    const webhook = parsed(() => parseInbound(params));
    const result = await ingest(webhook, log, deps);
    if (needsResponse(result)) respondAfterwards(result.sessionId, log, deps, { waitMs: result.waitMs ?? 0 });
    return new Response("<Response/>", { headers: { "content-type": "text/xml; charset=utf-8" } });
  });
}
