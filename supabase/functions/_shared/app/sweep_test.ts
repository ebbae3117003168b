import assert from "node:assert/strict";
import { inTurn } from "tests/doubles/stage.ts";
import { answered, moved, prepareSweep, stalled } from "tests/doubles/sweep_stage.ts";

Deno.test("a sweep that finds nothing is quiet, and recorded all the same", async () => {
  const { run, line, calls } = prepareSweep(() => Promise.reject(new Error("asked")));
  const { lateSeconds, ...counts } = await run();
  assert.equal(lateSeconds, 3);
  assert.ok(Object.values(counts).every((count) => count === 0));
  assert.equal(line("sweep.completed").level, "debug");
  assert.deepEqual(calls.at(-1), {
    name: "finish",
    args: [7, counts, { lookedAt: "2026-01-01T12:00:00Z", untried: [] }],
  });
});

Deno.test("a tick that finds another at work leaves, and says how long it would have worked itself", async () => {
  const { tick, calls, line } = prepareSweep(() => Promise.reject(new Error("asked")), {
    begin: () => Promise.resolve(null),
  });
  assert.equal(await tick(), null);
  assert.deepEqual(calls, [{ name: "begin", args: [20_000] }]);
  assert.equal(line("sweep.left").level, "debug");
});

Deno.test("a tick that was asked again goes round again, for what was not tried since, before it is over", async () => {
  const { run, calls } = prepareSweep(answered, {
    stalledSessions: inTurn(["a"], ["a", "b"], []),
    conversations: inTurn({ ...moved, idled: 1 }, { ...moved, idled: 2 }, moved),
    finish: inTurn<string | null>("2026-01-01T12:00:05Z", "2026-01-01T12:00:09Z", null),
  });
  const { answered: count, stalled: listed, idled } = await run();
  assert.deepEqual([count, listed, idled], [3, 3, 3]);
  const since = (name: string, place: number) =>
    calls.filter((call) => call.name === name).map(({ args }) => args[place]);
  const moments = ["2026-01-01T12:00:00Z", "2026-01-01T12:00:05Z", "2026-01-01T12:00:09Z"];
  assert.deepEqual(since("stalledSessions", 1), moments);
  assert.deepEqual(since("finish", 2), moments.map((lookedAt) => ({ lookedAt, untried: [] })));
  assert.equal(calls.filter(({ name }) => name === "housekeeping").length, 1);
});

Deno.test("past its budget a tick is over, whoever asked again", async () => {
  const { run, clock, calls } = prepareSweep(async () => {
    await clock.sleep(21_000);
    return "released";
  }, stalled("a", "b"));
  await run();
  assert.deepEqual(calls.at(-1)?.args[2], { lookedAt: null, untried: [] });
});

Deno.test("conversations are moved step by step until none is due, and what was moved is counted", async () => {
  const { run, calls } = prepareSweep(answered, {
    conversations: inTurn(
      { ...moved, idled: 100, more: true },
      { ...moved, expired: 3, rescheduled: 2 },
    ),
  });
  const { idled, expired, rescheduled } = await run();
  assert.deepEqual([idled, expired, rescheduled], [100, 3, 2]);
  assert.equal(calls.filter(({ name }) => name === "conversations").length, 2);
});

Deno.test("conversations without end take half of the budget and no more", async () => {
  const { run, clock } = prepareSweep(answered, {
    conversations: async () => {
      await clock.sleep(1_000);
      return { ...moved, idled: 1, more: true };
    },
  });
  assert.equal((await run()).idled, 10);
});

Deno.test("the message of a conversation that became idle leaves in the same sweep", async () => {
  const seen: string[] = [];
  const { run } = prepareSweep((id) => {
    seen.push(id);
    return Promise.resolve("released");
  }, {
    stalledSessions: inTurn<string[]>([], ["idle"]),
    conversations: inTurn({ ...moved, idled: 1, idleMessages: 1 }),
  });
  assert.equal((await run()).answered, 1);
  assert.deepEqual(seen, ["idle"]);
});

Deno.test("what housekeeping cleared is counted", async () => {
  const { run, calls } = prepareSweep(answered, {
    housekeeping: inTurn({ rawPayloads: 4, orphans: 3, deadLetters: 5, sweepRuns: 2, cronRuns: 1 }),
  });
  const { rawPayloads, orphans, deadLetters, sweepRuns, cronRuns } = await run();
  assert.deepEqual([rawPayloads, orphans, deadLetters, sweepRuns, cronRuns], [4, 3, 5, 2, 1]);
  assert.deepEqual(calls.find(({ name }) => name === "housekeeping")?.args, [90]);
});

Deno.test("a list that cannot be read fails the sweep, also while conversations are still being moved", async () => {
  const { run, clock } = prepareSweep(answered, {
    stalledSessions: inTurn<string[]>(new Error("away")),
    conversations: async () => {
      await clock.sleep(1_000);
      return moved;
    },
  });
  // A rejection that nobody awaits yet would end the whole worker.
  const unawaited: unknown[] = [];
  const note = (event: PromiseRejectionEvent) => {
    event.preventDefault();
    unawaited.push(event.reason);
  };
  addEventListener("unhandledrejection", note);
  try {
    await assert.rejects(run(), /away/);
  } finally {
    removeEventListener("unhandledrejection", note);
  }
  assert.deepEqual(unawaited, []);
});

Deno.test("conversations that cannot be moved do not keep stalled sessions from being answered", async () => {
  const seen: string[] = [];
  const { run, clock } = prepareSweep(
    async (id) => {
      await clock.sleep(100);
      seen.push(id);
      return "released";
    },
    { ...stalled("a", "b"), conversations: inTurn<typeof moved>(new Error("away")) },
    1,
  );
  await assert.rejects(run(), /away/);
  assert.deepEqual(seen, ["a", "b"]);
});
