import assert from "node:assert/strict";
import { z } from "zod";
import { createFakeClock } from "tests/doubles/fake_clock.ts";
import { keepLog } from "tests/doubles/kept_log.ts";
import { createSweepStore, inTurn } from "tests/doubles/stage.ts";
import type { RespondOutcome } from "./respond.ts";
import type { SweepStore } from "./ports/sweep_store.ts";
import { sweep, type SweepDeps } from "./sweep.ts";

type Respond = SweepDeps["respond"];

const answered: Respond = () => Promise.resolve("released");

function prepare(respond: Respond, given: Partial<SweepStore> = {}, concurrency = 2) {
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

/** These once, and nobody after them. */
function stalled(...ids: string[]): Partial<SweepStore> {
  const left = [ids];
  return { stalledSessions: () => Promise.resolve(left.pop() ?? []) };
}
const moved = { idled: 0, expired: 0, rescheduled: 0, idleMessages: 0, more: false };

Deno.test("every stalled session is answered once and counted by what became of it", async () => {
  const seen: string[] = [];
  const outcomes: Record<string, RespondOutcome> = { a: "released", b: "busy", c: "released" };
  const { run, line } = prepare((id) => {
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
    const { run } = prepare(() => Promise.resolve(outcome), stalled("a"));
    assert.equal((await run()).answered, 0);
  });
}

Deno.test("a sweep that finds nothing is quiet, and recorded all the same", async () => {
  const { run, line, calls } = prepare(() => Promise.reject(new Error("asked")));
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
  const { tick, calls, line } = prepare(() => Promise.reject(new Error("asked")), {
    begin: () => Promise.resolve(null),
  });
  assert.equal(await tick(), null);
  assert.deepEqual(calls, [{ name: "begin", args: [20_000] }]);
  assert.equal(line("sweep.left").level, "debug");
});

Deno.test("a tick that was asked again goes round again, for what was not tried since, before it is over", async () => {
  const { run, calls } = prepare(answered, {
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
  const { run, clock, calls } = prepare(async () => {
    await clock.sleep(21_000);
    return "released";
  }, stalled("a", "b"));
  await run();
  assert.deepEqual(calls.at(-1)?.args[2], { lookedAt: null, untried: [] });
});

Deno.test("what becomes due while an answer is slow is taken up within a second, not at that answer's end", async () => {
  const begun: [string, number][] = [];
  const start = 1_000_000;
  const { run, clock } = prepare(async (id) => {
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
  const { run } = prepare(
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
  const { run, clock } = prepare(async () => {
    most = Math.max(most, ++now);
    await clock.sleep(100);
    now--;
    return "released";
  }, stalled("a", "b", "c", "d", "e"));
  assert.equal((await run()).answered, 5);
  assert.equal(most, 2);
});

Deno.test("nothing new is begun past the budget, and what was begun is finished", async () => {
  const { run, clock } = prepare(async () => {
    await clock.sleep(4_500);
    return "released";
  }, stalled(...Array.from({ length: 12 }, (_, index) => `${index}`)));
  const counts = await run();
  assert.deepEqual([counts.stalled, counts.answered], [12, 10]);
});

Deno.test("while there is time a full list is followed by another, without what this tick has tried", async () => {
  const many = Array.from({ length: 50 }, (_, index) => `s${index}`);
  const { run, calls } = prepare(answered, { stalledSessions: inTurn(many, ["last"]) });
  assert.equal((await run()).answered, 51);
  const lists = calls.filter(({ name }) => name === "stalledSessions");
  assert.deepEqual(lists.map(({ args }) => args), [[50, "2026-01-01T12:00:00Z"], [
    50,
    "2026-01-01T12:00:00Z",
  ]]);
});

Deno.test("past the budget no other list is asked for", async () => {
  const many = Array.from({ length: 50 }, (_, index) => `s${index}`);
  const { run, clock, calls } = prepare(async () => {
    await clock.sleep(1_000);
    return "released";
  }, { stalledSessions: inTurn(many) });
  assert.equal((await run()).answered, 40);
  assert.equal(calls.filter(({ name }) => name === "stalledSessions").length, 1);
});

Deno.test("every session is told until when the tick lasts", async () => {
  const ends: number[] = [];
  const { run, clock } = prepare((_id, _log, { until }) => {
    ends.push(until);
    return Promise.resolve("released");
  }, stalled("a", "b"));
  const end = clock.now() + 20_000;
  await run();
  assert.deepEqual(ends, [end, end]);
});

Deno.test("conversations are moved step by step until none is due, and what was moved is counted", async () => {
  const { run, calls } = prepare(answered, {
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
  const { run, clock } = prepare(answered, {
    conversations: async () => {
      await clock.sleep(1_000);
      return { ...moved, idled: 1, more: true };
    },
  });
  assert.equal((await run()).idled, 10);
});

Deno.test("the message of a conversation that became idle leaves in the same sweep", async () => {
  const seen: string[] = [];
  const { run } = prepare((id) => {
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
  const { run, calls } = prepare(answered, {
    housekeeping: inTurn({ rawPayloads: 4, orphans: 3, deadLetters: 5, sweepRuns: 2, cronRuns: 1 }),
  });
  const { rawPayloads, orphans, deadLetters, sweepRuns, cronRuns } = await run();
  assert.deepEqual([rawPayloads, orphans, deadLetters, sweepRuns, cronRuns], [4, 3, 5, 2, 1]);
  assert.deepEqual(calls.find(({ name }) => name === "housekeeping")?.args, [90]);
});

Deno.test("a list that cannot be read fails the sweep, also while conversations are still being moved", async () => {
  const { run, clock } = prepare(answered, {
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
  const { run, clock } = prepare(
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

Deno.test("what hangs gives its place to the next: others are answered meanwhile, and the tick ends with the last", async () => {
  const at = new Map<string, number>();
  const { run, clock } = prepare(async (id) => {
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
  const { run, clock, calls } = prepare(
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
