import type { Logger } from "../runtime/logger.ts";
import type { DeliveryStatuses, StatusReport } from "./ports/delivery_statuses.ts";

/**
 * Takes over what Twilio says became of an outbound message. Returns the session that can go on now, if nobody holds it.
 * Throws when the database did not commit.
 */
export async function recordStatus(
  report: StatusReport,
  log: Logger,
  deps: { deliveryStatuses: DeliveryStatuses },
): Promise<string | null> {
  const { outcome, wakeSessionId } = await deps.deliveryStatuses.record(report);
  const fields = {
    outcome,
    message_sid: report.messageSid,
    message_id: report.messageId,
    status: report.status,
    error_code: report.errorCode,
  };
  if (outcome === "second_sid") log.error("send.doubled", fields);
  else if (outcome === "overruled") log.warn("send.match_overruled", fields);
  else if (outcome === "unknown_message") log.warn("delivery.unknown_message", fields);
  else log.info("delivery.recorded", fields);
  return wakeSessionId;
}
