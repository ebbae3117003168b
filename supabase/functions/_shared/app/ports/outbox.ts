import type { TwilioStatus } from "../../domain/delivery_status.ts";
import type { Holder } from "./batch_locks.ts";
import type { SendResult } from "./messaging.ts";

/** One outbound row at one attempt. */
export interface Send {
  messageId: string;
  attempt: number;
  accountSid: string;
  from: string;
  to: string;
  messagingServiceSid: string | null;
  body: string;
  /** The template that takes the body's place outside the 24 h window. */
  contentSid: string | null;
  /** Database time at which the row was written: no attempt is older. */
  createdAt: Date;
}

export type NextSend =
  & { canceled: { messageId: string; reason: string }[] }
  & (
    | { outcome: "none" | "lost" }
    | { outcome: "begun" | "settle"; send: Send }
    | { outcome: "in_grace" | "postponed"; waitMs: number }
  );

/** `found` is a match in Twilio's list, `unsettled` that it could not be asked; the others are what a POST gave. */
export type SendEvidence =
  | SendResult
  | { kind: "found"; messageSid: string; status: TwilioStatus; errorCode: number | null }
  | { kind: "unsettled"; retryAfterMs: number | null };

export type RecordedSend =
  | "recorded"
  | "overruled"
  | "repeated"
  | "second_sid"
  | "taken"
  | "replaced"
  | "stale";

/** Outbound rows that Twilio has not confirmed. Each method is one transaction; throws an AppError when it cannot be asked. */
export interface Outbox {
  /** `absent`: a send that Twilio's list does not have. Seen twice, it is begun again. */
  begin(holder: Holder, absent?: Send): Promise<NextSend>;
  /** A SID is recorded whoever holds the lease by now; the next send is begun only for its holder. */
  record(
    holder: Holder,
    result: { send: Send; evidence: SendEvidence },
  ): Promise<{ recorded: RecordedSend; next: NextSend }>;
  /** Those of `messageSids` that some message has, or had. */
  knownSids(messageSids: string[]): Promise<Set<string>>;
}
