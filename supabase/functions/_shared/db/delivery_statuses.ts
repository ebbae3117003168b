import { z } from "zod";
import type { DeliveryStatuses } from "../app/ports/delivery_statuses.ts";
import type { Rpc } from "./rpc.ts";
import { count } from "./storable.ts";

const recorded = z.tuple([
  z.object({
    outcome: z.enum([
      "recorded",
      "overruled",
      "repeated",
      "replaced",
      "second_sid",
      "taken",
      "unknown_message",
    ]),
    wake_session_id: z.string().nullable(),
  }).transform((row) => ({ outcome: row.outcome, wakeSessionId: row.wake_session_id })),
]);

export function createDeliveryStatuses(rpc: Rpc): DeliveryStatuses {
  return {
    record: async ({ accountSid, messageId, messageSid, status, errorCode, mayPass }) => {
      const code = count(errorCode);
      const [row] = await rpc.repeated("record_delivery_status", {
        p_account_sid: accountSid,
        p_message_sid: messageSid,
        p_delivery_status: status ?? "accepted",
        ...(messageId === null ? {} : { p_message_id: messageId }),
        ...(code === null ? {} : { p_error_code: code }),
        p_may_pass: mayPass,
      }, recorded);
      return row;
    },
  };
}
