import assert from "node:assert/strict";
import type { SweepStore } from "functions/_shared/app/ports/sweep_store.ts";
import { sweep, type SweepDeps } from "functions/_shared/app/sweep.ts";
import { createFakeClock } from "./fake_clock.ts";
import { keepLog } from "./kept_log.ts";
import { createSweepStore } from "./stage.ts";

/** How one session is answered. */
export type Respond = SweepDeps["respond"];

export const answered: Respond = () => Promise.resolve("released");

/** A tick with a budget of 20 s, and everything it talks to. */
export function prepareSweep(respond: Respond, given: Partial<SweepStore> = {}, concurrency = 2) {
  const clock = createFakeClock();
  const { log, ...kept } = keepLog();
  const { store, calls } = createSweepStore(given);
  const deps: SweepDeps = { store, respond, clock, concurrency, budgetMs: 20_000, rawRetentionDays: 90 };
  const tick = () => clock.finish(sweep(log, deps));
  const run = async () => {
    const counts = await tick();
    assert.ok(counts, "another tick was at work");
    return counts;
  };
  return { ...kept, clock, calls, tick, run };
}

/** These sessions once, and none after them. */
export function stalled(...ids: string[]): Partial<SweepStore> {
  const left = [ids];
  return { stalledSessions: () => Promise.resolve(left.pop() ?? []) };
}

export const moved = { idled: 0, expired: 0, rescheduled: 0, idleMessages: 0, more: false };
