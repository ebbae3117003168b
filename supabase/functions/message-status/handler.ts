import type { AuthTokens } from "../_shared/app/ports/auth_tokens.ts";
import { recordStatus } from "../_shared/app/record_status.ts";
import type { DeliveryStatuses } from "../_shared/app/ports/delivery_statuses.ts";
import { type Afterwards, respondAfterwards } from "../_shared/app/respond_afterwards.ts";
import { mayPass } from "../_shared/domain/twilio_errors.ts";
import { handler } from "../_shared/runtime/handler.ts";
import type { Logger } from "../_shared/runtime/logger.ts";
import { messageIdOf, parseStatusCallback } from "../_shared/twilio/status_callback.ts";
import { parsed, verifyWebhook } from "../_shared/twilio/webhook.ts";

export interface StatusDeps extends Afterwards {
  deliveryStatuses: DeliveryStatuses;
  authTokens: AuthTokens;
  /** This function's address as Twilio knows it, without a query. */
  publicUrl: string;
  log: Logger;
}

/**
 * Twilio's status callbacks: verify, record, 204; then, where the next part of a reply waited for this one, send it. A report on
 * a message that is not ours is acknowledged and logged.
 */
export function createStatusHandler(deps: StatusDeps): (request: Request) => Promise<Response> {
  return handler(deps.log, async (request, { log }) => {
    const { params, rawQuery } = await verifyWebhook(request, deps);
    const callback = parsed(() => parseStatusCallback(params));
    const report = { ...callback, messageId: messageIdOf(rawQuery), mayPass: mayPass(callback.errorCode) };
    const sessionId = await recordStatus(report, log, deps);
    if (sessionId !== null) respondAfterwards(sessionId, log, deps);
    return new Response(null, { status: 204 });
  });
}
