import assert from "node:assert/strict";
import { rehearseAll } from "./rehearsals.ts";
import { scenarios } from "./scenarios.ts";

Deno.test("whatever the order of their statements, nothing is lost, nobody shares a lease, nobody writes late", async () => {
  const since = performance.now();
  const rehearsals = await rehearseAll(scenarios);
  for (const { scenario, schedules, moves, redundant, strayed } of rehearsals) {
    console.log(
      `${
        String(schedules).padStart(5)
      } orders of ${scenario} (${moves} steps, ${redundant} runs cut short, ${strayed} strayed)`,
    );
  }
  const total = rehearsals.reduce((sum, { schedules }) => sum + schedules, 0);
  console.log(`${total} orders in ${((performance.now() - since) / 1000).toFixed(1)} s`);
  const failed = rehearsals.filter(({ broken }) => broken.length > 0);
  assert.deepEqual(failed.map(({ scenario, broken }) => ({ scenario, broken })), []);
});
