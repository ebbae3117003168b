import { z } from "zod";
import type { BatchLocks } from "../app/ports/batch_locks.ts";
import { holderArgs } from "./holder_args.ts";
import type { Rpc } from "./rpc.ts";

const acquired = z.tuple([z.object({ success: z.boolean(), lock_owner: z.string() })]);

export function createBatchLocks(rpc: Rpc): BatchLocks {
  return {
    acquire: async (holder, seconds) => {
      const args = { ...holderArgs(holder), p_lock_duration_seconds: seconds };
      const [row] = await rpc.repeated("acquire_batch_lock", args, acquired);
      return { success: row.success, lockOwner: row.lock_owner };
    },
    // The heartbeat repeats itself.
    extend: (holder, seconds) =>
      rpc.once("extend_batch_lock", { ...holderArgs(holder), p_lock_duration_seconds: seconds }, z.boolean()),
    release: (holder, { ifDrained }) =>
      rpc.repeated("release_batch_lock", { ...holderArgs(holder), p_if_drained: ifDrained }, z.boolean()),
  };
}
