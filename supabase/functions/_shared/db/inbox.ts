import { z } from "zod";
import type { Inbox } from "../app/ports/inbox.ts";
import type { Rpc } from "./rpc.ts";

const ingested = z.tuple([z.union([
  z.object({ outcome: z.literal("orphaned") }),
  z.object({
    outcome: z.enum(["accepted", "duplicate", "opted_out", "handoff"]),
    message_id: z.string(),
    session_id: z.string(),
    conversation_id: z.string(),
    lock_owner: z.string().nullable(),
    wait_ms: z.number().nullable(),
  }),
])]);

export function createInbox(rpc: Rpc): Inbox {
  return {
    ingest: async ({ messageSid, accountSid, from, to, content, params }) => {
      // A parameter that came twice is a list in `params`; the four that decide are single by now.
      const named = { ...params, MessageSid: messageSid, AccountSid: accountSid, From: from, To: to };
      const [row] = await rpc.once(
        "ingest_inbound_message",
        { p_params: named, p_content: content },
        ingested,
      );
      if (row.outcome === "orphaned") return row;
      return {
        outcome: row.outcome,
        messageId: row.message_id,
        sessionId: row.session_id,
        conversationId: row.conversation_id,
        lockOwner: row.lock_owner,
        waitMs: row.wait_ms,
      };
    },
  };
}
