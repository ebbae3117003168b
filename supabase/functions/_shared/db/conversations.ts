import type { SupabaseClient } from "@supabase/supabase-js";
import { z } from "zod";
import type { Conversations } from "../app/ports/conversations.ts";
import { conversationStatuses } from "../domain/conversation_status.ts";
import { AppError } from "../runtime/errors.ts";
import { faultPoint } from "../runtime/fault_points.ts";
import type { Database } from "./database.types.ts";
import { databaseError, type Rpc } from "./rpc.ts";

const conversation = z.object({
  id: z.string(),
  session_id: z.string(),
  status: z.enum(conversationStatuses),
  version: z.number(),
}).transform(({ session_id, ...row }) => ({ ...row, sessionId: session_id }));

const timeoutMs = 5_000;

export function createConversations(client: SupabaseClient<Database>, rpc: Rpc): Conversations {
  return {
    find: async (id) => {
      await faultPoint("conversations.select.before");
      const { data, error, status } = await client
        .from("conversations")
        .select("id, session_id, status, version")
        .eq("id", id)
        .abortSignal(AbortSignal.timeout(timeoutMs))
        .maybeSingle();
      await faultPoint("conversations.select.after");
      if (error) throw databaseError("conversations", error, status);
      const parsed = conversation.nullable().safeParse(data);
      if (!parsed.success) {
        throw new AppError("database_answer_malformed", "conversations has an unexpected shape");
      }
      return parsed.data;
    },
    // Once: repeated after a lost answer, a move that succeeded would look like a conflict with another's.
    transition: (id, version, { to, changedBy, reason }) =>
      rpc.once("transition_conversation", {
        p_conversation_id: id,
        p_to_status: to,
        p_current_version: version,
        p_changed_by: changedBy,
        ...(reason !== null && { p_reason: reason }),
      }, conversation),
  };
}
