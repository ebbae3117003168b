import assert from "node:assert/strict";
import { z } from "zod";
import { inTurn } from "tests/doubles/stage.ts";
import { answered, prepareSweep, stalled } from "tests/doubles/sweep_stage.ts";
import type { RespondOutcome } from "./respond.ts";

Deno.test("every stalled session is answered once and counted by what became of it", async () => {
  const seen: string[] = [];
  const outcomes: Record<string, RespondOutcome> = { a: "released", b: "busy", c: "released" };
  const { run, line } = prepareSweep((id) => {
    seen.push(id);
    const outcome = outcomes[id];
    return outcome ? Promise.resolve(outcome) : Promise.reject(new Error("poisoned"));
  }, stalled("a", "b", "c", "d"));
  const counts = await run();
  assert.deepEqual(
    [counts.stalled, counts.answered, counts.busy, counts.failed],
    [4, 2, 1, 1],
  );
  assert.deepEqual(seen.sort(), ["a", "b", "c", "d"]);
  assert.equal(line("response.failed").session_id, "d");
  assert.equal(line("sweep.completed").level, "info");
});

for (const outcome of ["lost", "handed_back"] as const) {
  Deno.test(`a session whose response ended ${outcome} does not count as answered`, async () => {
    const { run } = prepareSweep(() => Promise.resolve(outcome), stalled("a"));
    assert.equal((await run()).answered, 0);
  });
}

Deno.test("what becomes due while an answer is slow is taken up within a second, not at that answer's end", async () => {
  const begun: [string, number][] = [];
  const start = 1_000_000;
  const { run, clock } = prepareSweep(async (id) => {
    begun.push([id, clock.now() - start]);
    await clock.sleep(id === "slow" ? 10_500 : 100);
    return "released";
  }, {
    stalledSessions: () =>
      Promise.resolve(
        clock.now() === start ? ["slow"] : begun.length < 2 && clock.now() > start + 3_500 ? ["late"] : [],
      ),
  });
  assert.equal((await run()).answered, 2);
  assert.deepEqual(begun, [["slow", 0], ["late", 4_000]]);
  assert.equal(clock.now() - start, 10_500, "and the tick ends with the last answer");
});

Deno.test("one failing session does not keep its neighbours from being answered", async () => {
  const seen: string[] = [];
  const { run } = prepareSweep(
    (id) => {
      seen.push(id);
      return id === "a" ? Promise.reject(new Error("poisoned")) : Promise.resolve("released");
    },
    stalled("a", "b", "c"),
    1,
  );
  await run();
  assert.deepEqual(seen, ["a", "b", "c"]);
});

Deno.test("no more sessions than allowed are answered at the same time", async () => {
  let now = 0;
  let most = 0;
  const { run, clock } = prepareSweep(async () => {
    most = Math.max(most, ++now);
    await clock.sleep(100);
    now--;
    return "released";
  }, stalled("a", "b", "c", "d", "e"));
  assert.equal((await run()).answered, 5);
  assert.equal(most, 2);
});

Deno.test("nothing new is begun past the budget, and what was begun is finished", async () => {
  const { run, clock } = prepareSweep(async () => {
    await clock.sleep(4_500);
    return "released";
  }, stalled(...Array.from({ length: 12 }, (_, index) => `${index}`)));
  const counts = await run();
  assert.deepEqual([counts.stalled, counts.answered], [12, 10]);
});

Deno.test("while there is time a full list is followed by another, without what this tick has tried", async () => {
  const many = Array.from({ length: 50 }, (_, index) => `s${index}`);
  const { run, calls } = prepareSweep(answered, { stalledSessions: inTurn(many, ["last"]) });
  assert.equal((await run()).answered, 51);
  const lists = calls.filter(({ name }) => name === "stalledSessions");
  assert.deepEqual(lists.map(({ args }) => args), [[50, "2026-01-01T12:00:00Z"], [
    50,
    "2026-01-01T12:00:00Z",
  ]]);
});

Deno.test("past the budget no other list is asked for", async () => {
  const many = Array.from({ length: 50 }, (_, index) => `s${index}`);
  const { run, clock, calls } = prepareSweep(async () => {
    await clock.sleep(1_000);
    return "released";
  }, { stalledSessions: inTurn(many) });
  assert.equal((await run()).answered, 40);
  assert.equal(calls.filter(({ name }) => name === "stalledSessions").length, 1);
});

Deno.test("every session is told until when the tick lasts", async () => {
  const ends: number[] = [];
  const { run, clock } = prepareSweep((_id, _log, { until }) => {
    ends.push(until);
    return Promise.resolve("released");
  }, stalled("a", "b"));
  const end = clock.now() + 20_000;
  await run();
  assert.deepEqual(ends, [end, end]);
});

Deno.test("what hangs gives its place to the next: others are answered meanwhile, and the tick ends with the last", async () => {
  const at = new Map<string, number>();
  const { run, clock } = prepareSweep(async (id) => {
    if (id.startsWith("hangs")) await clock.sleep(30_000);
    at.set(id, clock.now());
    return "released";
  }, stalled("hangs-1", "hangs-2", "hangs-3", "a", "b", "c"));
  const start = clock.now();
  const { answered } = await run();
  assert.equal(answered, 6);
  for (const id of ["a", "b", "c"]) assert.ok((at.get(id) ?? Infinity) - start <= 10_000, id);
});

Deno.test("what was listed and not come to is given back, for the next tick to begin with", async () => {
  const { run, clock, calls } = prepareSweep(
    async () => {
      await clock.sleep(15_000);
      return "released";
    },
    stalled(...Array.from({ length: 49 }, (_, index) => `${index}`)),
    1,
  );
  const { answered } = await run();
  const [, , ends] = calls.at(-1)?.args ?? [];
  const { untried } = z.object({ untried: z.array(z.string()) }).parse(ends);
  assert.ok(untried.length > 0);
  assert.equal(answered + untried.length, 49);
});
