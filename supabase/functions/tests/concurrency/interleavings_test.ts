import assert from "node:assert/strict";
import { rehearse } from "./rehearse.ts";
import { scenarios } from "./scenarios.ts";
import { setStage } from "./stage.ts";

Deno.test("whatever the order of their statements, nothing is lost, nobody shares a lease, nobody writes late", async (t) => {
  await using stage = await setStage();
  for (const scenario of scenarios) {
    await t.step(scenario.name, async () => {
      const since = performance.now();
      const { failure, schedules, redundant, moves } = await rehearse(scenario, stage);
      console.log(`${scenario.name}: ${schedules} orders, ${redundant} redundant, ${moves} steps, ${Math.round(performance.now() - since)} ms`);
      assert.equal(failure, null, JSON.stringify(failure, null, 1));
    });
  }
});
