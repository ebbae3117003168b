import { type Logger, maskAddress } from "../runtime/logger.ts";
import type { InboundMessage, Inbox, IngestResult } from "./ports/inbox.ts";

/** Stores one verified message, once, and says so in the log. Throws when the database did not commit. */
export async function ingest(
  message: InboundMessage,
  log: Logger,
  deps: { inbox: Inbox },
): Promise<IngestResult> {
  const result = await deps.inbox.ingest(message);
  log = log.with({
    message_sid: message.messageSid,
    customer: maskAddress(message.from),
    sender: maskAddress(message.to),
  });
  if (result.outcome === "orphaned") {
    log.warn("message.orphaned");
    return result;
  }

  const ids = {
    message_id: result.messageId,
    session_id: result.sessionId,
    conversation_id: result.conversationId,
  };
  switch (result.outcome) {
    case "duplicate":
      log.info("message.duplicate", { message: "Duplicate inbound message caught", ...ids });
      break;
    case "accepted":
      log.info("message.accepted", { ...ids, kind: message.content.kind });
      if (result.lockOwner !== null) log.info("batch_lock.busy", { ...ids, lock_owner: result.lockOwner });
      break;
    default:
      log.info(`message.${result.outcome}`, ids);
  }
  return result;
}

/** Whether somebody has to respond now: a live holder of the lock will see the message by itself. */
export function needsResponse(result: IngestResult): result is Extract<IngestResult, { sessionId: string }> {
  return result.outcome === "accepted" && result.lockOwner === null;
}
