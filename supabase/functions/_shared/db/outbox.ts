import { z } from "zod";
import type { NextSend, Outbox, SendEvidence } from "../app/ports/outbox.ts";
import { holderArgs } from "./holder_args.ts";
import { mayPass } from "../domain/twilio_errors.ts";
import type { Rpc } from "./rpc.ts";
import { count } from "./storable.ts";

const send = z.object({
  message_id: z.string(),
  send_attempt: z.number(),
  created_at: z.coerce.date(),
  body: z.string(),
  content_sid: z.string().nullable(),
  account_sid: z.string(),
  from: z.string(),
  to: z.string(),
  messaging_service_sid: z.string().nullable(),
}).transform((row) => ({
  messageId: row.message_id,
  attempt: row.send_attempt,
  createdAt: row.created_at,
  body: row.body,
  contentSid: row.content_sid,
  accountSid: row.account_sid,
  from: row.from,
  to: row.to,
  messagingServiceSid: row.messaging_service_sid,
}));

const canceled = z.array(
  z.object({ message_id: z.string(), reason: z.string() })
    .transform(({ message_id, reason }) => ({ messageId: message_id, reason })),
);

/** What begin_send, complete_batch and record_send say is next. */
export const nextSend: z.ZodType<NextSend> = z.discriminatedUnion("outcome", [
  z.object({ outcome: z.enum(["none", "lost"]), canceled }),
  z.object({ outcome: z.enum(["begun", "settle"]), canceled, message: send })
    .transform(({ message, ...rest }) => ({ ...rest, send: message })),
  z.object({ outcome: z.enum(["in_grace", "postponed"]), canceled, wait_ms: z.number() })
    .transform(({ wait_ms, ...rest }) => ({ ...rest, waitMs: wait_ms })),
]);

const recordedSend = z.object({
  recorded: z.enum(["recorded", "overruled", "repeated", "second_sid", "taken", "replaced", "stale"]),
  send: nextSend,
}).transform((row) => ({ recorded: row.recorded, next: row.send }));

export function createOutbox(rpc: Rpc): Outbox {
  return {
    begin: (holder, absent) =>
      // Once: an absence that is told twice over one look would count as two.
      rpc.once("begin_send", {
        ...holderArgs(holder),
        ...(absent ? { p_absent_message_id: absent.messageId, p_absent_attempt: absent.attempt } : {}),
      }, nextSend),
    record: (holder, { send, evidence }) =>
      rpc.repeated("record_send", {
        ...holderArgs(holder),
        p_message_id: send.messageId,
        p_send_attempt: send.attempt,
        p_result: resultRow(evidence),
      }, recordedSend),
    knownSids: async (messageSids) => {
      if (messageSids.length === 0) return new Set();
      return new Set(
        await rpc.repeated("known_message_sids", { p_message_sids: messageSids }, z.array(z.string())),
      );
    },
  };
}

function resultRow(evidence: SendEvidence) {
  switch (evidence.kind) {
    case "accepted":
      return { kind: evidence.kind, message_sid: evidence.messageSid, status: evidence.status };
    case "found":
      return {
        kind: evidence.kind,
        message_sid: evidence.messageSid,
        status: evidence.status,
        error_code: count(evidence.errorCode),
        may_pass: mayPass(evidence.errorCode),
      };
    case "postponed":
      return {
        kind: evidence.kind,
        retry_after_ms: count(evidence.retryAfterMs),
        error_code: count(evidence.errorCode),
      };
    case "failed":
      return { kind: evidence.kind, error_code: count(evidence.errorCode) };
    case "unknown":
      return { kind: evidence.kind };
    case "unsettled":
      return { kind: evidence.kind, retry_after_ms: count(evidence.retryAfterMs) };
  }
}
