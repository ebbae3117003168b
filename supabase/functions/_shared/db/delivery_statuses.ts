import { z } from "zod";
import type { DeliveryStatuses } from "../app/ports/delivery_statuses.ts";
import type { Rpc } from "./rpc.ts";

const outcome = z.enum(["recorded", "repeated", "second_sid", "taken", "unknown_message"]);

export function createDeliveryStatuses(rpc: Rpc): DeliveryStatuses {
  return {
    record: ({ accountSid, messageId, messageSid, status, errorCode }) =>
      rpc.once("record_delivery_status", {
        p_account_sid: accountSid,
        p_message_sid: messageSid,
        p_delivery_status: status ?? "accepted",
        ...(messageId === null ? {} : { p_message_id: messageId }),
        ...(errorCode === null ? {} : { p_error_code: errorCode }),
      }, outcome),
  };
}
