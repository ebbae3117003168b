import { z } from "zod";
import type { BatchLocks } from "../app/store.ts";
import type { Rpc } from "./rpc.ts";

const acquired = z.tuple([z.object({ success: z.boolean(), lock_owner: z.string() })]);

export function createBatchLocks(rpc: Rpc): BatchLocks {
  const of = (sessionId: string, webhookId: string) => ({ p_session_id: sessionId, p_webhook_id: webhookId });
  return {
    acquire: async (sessionId, webhookId, seconds) => {
      const args = { ...of(sessionId, webhookId), p_lock_duration_seconds: seconds };
      const [row] = await rpc.repeated("acquire_batch_lock", args, acquired);
      return { success: row.success, lockOwner: row.lock_owner };
    },
    // The heartbeat repeats itself.
    extend: (sessionId, webhookId, seconds) =>
      rpc.once(
        "extend_batch_lock",
        { ...of(sessionId, webhookId), p_lock_duration_seconds: seconds },
        z.boolean(),
      ),
    release: (sessionId, webhookId, { ifDrained }) =>
      rpc.repeated(
        "release_batch_lock",
        { ...of(sessionId, webhookId), p_if_drained: ifDrained },
        z.boolean(),
      ),
  };
}
