import type { TwilioStatus } from "../../domain/delivery_status.ts";

export interface StatusReport {
  accountSid: string;
  messageId: string | null;
  messageSid: string;
  status: TwilioStatus | null;
  errorCode: number | null;
  /** What failed may go well another time. */
  mayPass: boolean;
}

export interface RecordedStatus {
  outcome: "recorded" | "overruled" | "repeated" | "replaced" | "second_sid" | "taken" | "unknown_message";
  /** A session that can go on now, and that nobody holds. */
  wakeSessionId: string | null;
}

/** What Twilio says became of a message; throws an AppError when the database did not commit. */
export interface DeliveryStatuses {
  record(report: StatusReport): Promise<RecordedStatus>;
}
