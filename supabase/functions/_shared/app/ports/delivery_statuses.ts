import type { TwilioStatus } from "../../domain/delivery_status.ts";

export interface StatusReport {
  accountSid: string;
  messageId: string | null;
  messageSid: string;
  status: TwilioStatus | null;
  errorCode: number | null;
}

/** What Twilio says became of a message; throws an AppError when the database did not commit. */
export interface DeliveryStatuses {
  record(report: StatusReport): Promise<"recorded" | "repeated" | "second_sid" | "taken" | "unknown_message">;
}
