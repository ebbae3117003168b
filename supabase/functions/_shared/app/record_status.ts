import type { Logger } from "../runtime/logger.ts";
import type { DeliveryStatuses, StatusReport } from "./ports/delivery_statuses.ts";

/** Takes over what Twilio says became of an outbound message. Throws when the database did not commit. */
export async function recordStatus(
  report: StatusReport,
  log: Logger,
  deps: { deliveryStatuses: DeliveryStatuses },
): Promise<void> {
  const outcome = await deps.deliveryStatuses.record(report);
  const fields = {
    outcome,
    message_sid: report.messageSid,
    message_id: report.messageId,
    status: report.status,
    error_code: report.errorCode,
  };
  if (outcome === "second_sid") log.error("send.doubled", fields);
  else if (outcome === "unknown_message") log.warn("delivery.unknown_message", fields);
  else log.info("delivery.recorded", fields);
}
