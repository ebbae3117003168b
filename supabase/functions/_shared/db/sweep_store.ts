import { z } from "zod";
import type { SweepStore } from "../app/ports/sweep_store.ts";
import type { Rpc } from "./rpc.ts";

const begun = z.array(
  z.object({ run_id: z.number(), late_seconds: z.coerce.number(), started_at: z.string() })
    .transform((row) => ({ runId: row.run_id, lateSeconds: row.late_seconds, startedAt: row.started_at })),
).max(1);

const moved = z.tuple([
  z.object({
    idled: z.number(),
    expired: z.number(),
    rescheduled: z.number(),
    idle_messages: z.number(),
    more: z.boolean(),
  }).transform(({ idle_messages, ...row }) => ({ ...row, idleMessages: idle_messages })),
]);

const kept = z.tuple([
  z.object({
    raw_payloads: z.number(),
    orphans: z.number(),
    dead_letters: z.number(),
    sweep_runs: z.number(),
    cron_runs: z.number(),
  })
    .transform((row) => ({
      rawPayloads: row.raw_payloads,
      orphans: row.orphans,
      deadLetters: row.dead_letters,
      sweepRuns: row.sweep_runs,
      cronRuns: row.cron_runs,
    })),
]);

export function createSweepStore(rpc: Rpc): SweepStore {
  return {
    begin: async (budgetMs) => {
      const [run] = await rpc.once("begin_sweep", { p_budget_ms: Math.round(budgetMs) }, begun);
      return run ?? null;
    },
    conversations: async (limit) => (await rpc.once("sweep_conversations", { p_limit: limit }, moved))[0],
    // Repeated after a lost answer it gives others: those of the first are the next tick's.
    stalledSessions: (limit, triedBefore) =>
      rpc.repeated("recover_stalled", { p_limit: limit, p_tried_before: triedBefore }, z.array(z.string())),
    housekeeping: async (days) => {
      const [counts] = await rpc.once("sweep_housekeeping", { p_raw_retention_days: days }, kept);
      return counts;
    },
    finish: (runId, counts, { lookedAt, untried }) => {
      const args = { p_run_id: runId, p_counts: { ...counts }, p_untried: untried };
      return rpc.repeated(
        "finish_sweep",
        lookedAt === null ? args : { ...args, p_looked_at: lookedAt },
        z.string().nullable(),
      );
    },
  };
}
