import type { TwilioStatus } from "../../domain/delivery_status.ts";

/** One message, from a sender of ours, with the Messaging Service it is in, where it is in one. */
export interface OutboundMessage {
  accountSid: string;
  from: string;
  to: string;
  messagingServiceSid: string | null;
  /** Free text inside the 24 h window; a template outside of it. */
  content: { body: string } | { contentSid: string; contentVariables: Record<string, string> };
  statusCallback: string;
}

/** What is known after one POST to Twilio. Only `postponed` and `failed` mean that Twilio did not take the message. */
export type SendResult =
  | { kind: "accepted"; messageSid: string; status: TwilioStatus }
  | {
    kind: "postponed";
    reason: "rate_limited" | "connection_refused" | "configuration" | "not_started";
    retryAfterMs: number;
    errorCode: number | null;
    detail: string;
  }
  | { kind: "failed"; errorCode: number | null; httpStatus: number; detail: string }
  | {
    kind: "unknown";
    reason: "server_error" | "connection_lost" | "timeout" | "malformed_answer";
    httpStatus: number | null;
    detail: string;
  };

/** A message as Twilio lists it. `createdAt` is Twilio's `date_created`; `DateSent` is empty while queued. */
export interface ListedMessage {
  messageSid: string;
  body: string;
  from: string | null;
  to: string;
  status: TwilioStatus;
  errorCode: number | null;
  createdAt: Date;
}

export interface MessagingApi {
  /**
   * Posts once and never retries: the call is not idempotent. `mayStart` is asked last, right before the request
   * leaves; false gives `postponed` with `not_started`. Never throws.
   */
  createMessage(
    message: OutboundMessage,
    options: { timeoutMs: number; mayStart: () => boolean },
  ): Promise<SendResult>;
  /**
   * Outbound messages to `to`, newest first, back to `since` (a Date; compared with `date_created`, several pages if
   * need be). By `To` and `From`, by `To` alone when `from` is null. Throws an AppError when Twilio cannot be asked.
   */
  listMessages(
    query: { accountSid: string; to: string; from: string | null; since: Date },
    options: { timeoutMs: number },
  ): Promise<ListedMessage[]>;
}
