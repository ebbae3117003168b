/** Twilio's `MessageStatus`, verbatim (https://www.twilio.com/docs/messaging/api/message-resource#message-status-values). */
export const twilioStatuses = [
  "accepted",
  "scheduled",
  "queued",
  "sending",
  "sent",
  "delivered",
  "read",
  "failed",
  "undelivered",
  "canceled",
] as const;

export type TwilioStatus = (typeof twilioStatuses)[number];

export function isTwilioStatus(value: unknown): value is TwilioStatus {
  return (twilioStatuses as readonly unknown[]).includes(value);
}
