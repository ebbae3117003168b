import type { AuthTokens } from "../_shared/app/ports/auth_tokens.ts";
import { recordStatus } from "../_shared/app/record_status.ts";
import type { DeliveryStatuses } from "../_shared/app/ports/delivery_statuses.ts";
import { handler } from "../_shared/runtime/handler.ts";
import type { Logger } from "../_shared/runtime/logger.ts";
import { messageIdOf, parseStatusCallback } from "../_shared/twilio/status_callback.ts";
import { parsed, verifyWebhook } from "../_shared/twilio/webhook.ts";

export interface StatusDeps {
  deliveryStatuses: DeliveryStatuses;
  authTokens: AuthTokens;
  /** This function's address as Twilio knows it, without a query. */
  publicUrl: string;
  log: Logger;
}

/** Twilio's status callbacks: verify, record, 204. A report on a message that is not ours is acknowledged and logged. */
export function createStatusHandler(deps: StatusDeps): (request: Request) => Promise<Response> {
  return handler(deps.log, async (request, { log }) => {
    const { params, rawQuery } = await verifyWebhook(request, deps);
    const callback = parsed(() => parseStatusCallback(params));
    await recordStatus({ ...callback, messageId: messageIdOf(rawQuery) }, log, deps);
    return new Response(null, { status: 204 });
  });
}
