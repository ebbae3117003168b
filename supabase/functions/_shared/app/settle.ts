import { AppError } from "../runtime/errors.ts";
import type { ListedMessage, MessagingApi } from "./ports/messaging.ts";
import type { Outbox, Send } from "./ports/outbox.ts";

/** How far Twilio's clock may be behind the database's. */
const skewMs = 120_000;
const listTimeoutMs = 10_000;

/**
 * What became of a send whose outcome is unknown: the oldest message at Twilio that matches it and is no other row's,
 * null when there is none, `unavailable` when Twilio cannot be asked.
 */
export async function findAtTwilio(
  send: Send,
  deps: { messaging: MessagingApi; outbox: Outbox },
): Promise<Pick<ListedMessage, "messageSid" | "status" | "errorCode"> | null | "unavailable"> {
  const since = new Date(send.createdAt.getTime() - skewMs);
  let listed: ListedMessage[];
  try {
    listed = await deps.messaging.listMessages({
      accountSid: send.accountSid,
      to: send.to,
      from: send.messagingServiceSid ? null : send.from,
      since,
    }, { timeoutMs: listTimeoutMs });
  } catch (error) {
    if (error instanceof AppError) return "unavailable";
    throw error;
  }
  // A template's text is Twilio's to render: any message of this time may be it.
  // The newest come first, and dates have whole seconds: among equals the last one is the oldest.
  const matching = listed.toReversed()
    .filter((message) => message.createdAt >= since)
    .filter((message) => send.contentSid !== null || message.body.trim() === send.body.trim())
    .sort((a, b) => a.createdAt.getTime() - b.createdAt.getTime());
  const known = await deps.outbox.knownSids(matching.map((message) => message.messageSid));
  const found = matching.find((message) => !known.has(message.messageSid));
  return found ? { messageSid: found.messageSid, status: found.status, errorCode: found.errorCode } : null;
}
