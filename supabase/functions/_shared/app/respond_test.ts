import assert from "node:assert/strict";
import { AppError } from "../runtime/errors.ts";
import type { Claim } from "./ports/batches.ts";
import { batch, begun, inTurn, outbox, setStage } from "tests/doubles/stage.ts";

Deno.test("a batch is claimed, answered, written, sent and the lock freed, all by one holder in five calls", async () => {
  const stage = setStage();
  assert.equal(await stage.respond(), "released");
  assert.deepEqual(stage.names(), [
    "acquire",
    "claim",
    "reply",
    "complete",
    "createMessage",
    "record",
    "release",
  ]);
  const [holder, seconds] = stage.callsOf("acquire")[0]?.args ?? [];
  assert.equal(seconds, 30);
  for (const name of ["claim", "complete", "record"] as const) {
    for (const { args } of stage.callsOf(name)) assert.deepEqual(args[0], holder);
  }
  assert.deepEqual(stage.callsOf("release")[0]?.args, [holder, { ifDrained: true }]);
  const { session_id: sessionId, webhook_id: webhookId } = stage.line("batch_lock.acquired");
  assert.deepEqual(holder, { sessionId, webhookId });
});

Deno.test("whoever finds the lock taken says by whom and does nothing else", async () => {
  const stage = setStage({ acquire: inTurn({ success: false, lockOwner: "another" }) });
  assert.equal(await stage.respond(), "busy");
  assert.deepEqual(stage.names(), ["acquire"]);
  assert.equal(stage.line("batch_lock.busy").lock_owner, "another");
});

Deno.test("every invocation has a webhook id of its own", async () => {
  const ids = new Set<unknown>();
  for (let i = 0; i < 3; i++) {
    const stage = setStage({ acquire: inTurn({ success: false, lockOwner: "another" }) });
    await stage.respond();
    ids.add(stage.line("batch_lock.busy").webhook_id);
  }
  assert.equal(ids.size, 3);
});

Deno.test("with nothing to answer the lock is freed and the model is not loaded", async () => {
  const stage = setStage({ claim: inTurn({ outcome: "drained" }) });
  stage.deps.model = () => Promise.reject(new Error("loaded"));
  assert.equal(await stage.respond(), "released");
  assert.deepEqual(stage.names(), ["acquire", "claim", "release"]);
});

for (
  const [after, first] of [["an empty claim", { outcome: "drained" }], ["a reply", {
    outcome: "claimed",
    batch,
  }]] as const
) {
  Deno.test(`after ${after}, a refused release means that a message came: the holder goes round again`, async () => {
    const stage = setStage({
      claim: inTurn<Claim>(first, { outcome: "claimed", batch }),
      complete: () => Promise.resolve({ outcome: "completed", messageIds: ["out-1"], send: begun() }),
      release: inTurn(false, true),
    });
    assert.equal(await stage.respond(), "released");
    assert.deepEqual(stage.names().slice(-5), ["reply", "complete", "createMessage", "record", "release"]);
    assert.equal(stage.callsOf("claim").length, 2);
    assert.equal(stage.callsOf("release").length, 2);
  });
}

Deno.test("a release that is refused without a reason is asked again with growing pauses, not in a hot loop", async () => {
  const stage = setStage({
    claim: () => Promise.resolve({ outcome: "drained" }),
    release: () => Promise.resolve(stage.callsOf("release").length > 20),
  });
  const start = stage.clock.now();
  assert.equal(await stage.respond(), "released");
  assert.ok(stage.clock.now() - start > 60_000);
});

Deno.test("whoever brought the first message waits for the quiet window before its first claim, with the lease", async () => {
  const stage = setStage();
  const start = stage.clock.now();
  assert.equal(await stage.respond({ waitMs: 4_000 }), "released");
  assert.equal(stage.clock.now() - start, 4_000);
  assert.deepEqual(stage.names().slice(0, 2), ["acquire", "claim"]);
});

Deno.test("the quiet window is waited for before the batch is claimed", async () => {
  const stage = setStage({
    claim: inTurn({ outcome: "wait", waitMs: 4_000 }, { outcome: "claimed", batch }),
  });
  const start = stage.clock.now();
  assert.equal(await stage.respond(), "released");
  assert.equal(stage.clock.now() - start, 4_000);
  assert.equal(stage.callsOf("complete").length, 1);
});

Deno.test("a superseded reply is not sent, and the grown batch is claimed", async () => {
  const stage = setStage({
    claim: inTurn({ outcome: "claimed", batch }, { outcome: "claimed", batch }),
    complete: inTurn({ outcome: "superseded" }, {
      outcome: "completed",
      messageIds: ["out-1"],
      send: begun(),
    }),
  });
  assert.equal(await stage.respond(), "released");
  assert.equal(stage.callsOf("reply").length, 2);
  assert.equal(stage.callsOf("createMessage").length, 1);
});

Deno.test("a batch at its limit is reported loudly, and its fallback leaves before the next claim", async () => {
  const stage = setStage({
    claim: inTurn(
      { outcome: "dead", batchId: "batch-1", messageIds: ["in-1"] },
      outbox(begun("fallback")),
      { outcome: "drained" },
    ),
  });
  assert.equal(await stage.respond(), "released");
  assert.equal(stage.line("batch.dead_lettered").level, "error");
  assert.deepEqual(stage.names(), [
    "acquire",
    "claim",
    "claim",
    "createMessage",
    "record",
    "claim",
    "release",
  ]);
});

Deno.test("a customer who got too many replies is handed to a person, loudly", async () => {
  const stage = setStage({ claim: inTurn({ outcome: "handed_off" }, { outcome: "drained" }) });
  assert.equal(await stage.respond(), "released");
  assert.equal(stage.line("batch.handed_off").level, "error");
  assert.equal(stage.callsOf("reply").length, 0);
});

Deno.test("what an earlier holder left in the outbox goes out before anything is claimed", async () => {
  const stage = setStage({ claim: inTurn(outbox(begun("left")), { outcome: "drained" }) });
  await stage.respond();
  assert.deepEqual(stage.names(), ["acquire", "claim", "createMessage", "record", "claim", "release"]);
});

const waiting = (waitMs: number) => outbox({ outcome: "postponed", canceled: [], waitMs });

Deno.test("what has to wait for a moment is waited for without the lease, then taken up by a new holder", async () => {
  const stage = setStage({ claim: inTurn(waiting(3_000), { outcome: "drained" }) });
  const start = stage.clock.now();
  assert.equal(await stage.respond(), "released");
  assert.equal(stage.clock.now() - start, 3_000);
  assert.deepEqual(stage.names(), ["acquire", "claim", "release", "acquire", "claim", "release"]);
  assert.deepEqual(stage.callsOf("release").map(({ args }) => args[1]), [{ ifDrained: false }, {
    ifDrained: true,
  }]);
  const [first, second] = stage.callsOf("acquire").map(({ args }) => args[0].webhookId);
  assert.notEqual(first, second);
});

Deno.test("one call waits ten seconds in all, whatever has to wait longer is the sweep's", async () => {
  const stage = setStage({ claim: () => Promise.resolve(waiting(3_000)) });
  const start = stage.clock.now();
  assert.equal(await stage.respond(), "released");
  assert.equal(stage.clock.now() - start, 9_000);
  assert.equal(stage.names().at(-1), "release");
  assert.equal(stage.callsOf("acquire").length, stage.callsOf("release").length);
});

Deno.test("an outbox that has to wait longer frees the lock at once, whatever is due", async () => {
  const stage = setStage({ claim: inTurn(waiting(10_001)) });
  const start = stage.clock.now();
  assert.equal(await stage.respond(), "released");
  assert.equal(stage.clock.now(), start);
  assert.deepEqual(stage.names(), ["acquire", "claim", "release"]);
  assert.deepEqual(stage.callsOf("release")[0]?.args.at(-1), { ifDrained: false });
  assert.equal(stage.line("batch_lock.released").reason, "blocked");
});

Deno.test("past its deadline a call waits for nothing and begins nothing more", async () => {
  const waits = setStage({ claim: inTurn(waiting(1_000)) });
  assert.equal(await waits.respond({ until: waits.clock.now() + 500 }), "released");
  assert.equal(waits.callsOf("acquire").length, 1);

  const busy = setStage({
    claim: async () => {
      await busy.clock.sleep(400);
      return { outcome: "capped" };
    },
  });
  assert.equal(await busy.respond({ until: busy.clock.now() + 1_000 }), "released");
  assert.equal(busy.callsOf("claim").length, 3);
  assert.equal(busy.line("batch_lock.released").reason, "late");
});

const broken = new AppError("database_refused", "broken");
const failures = {
  claim: { claim: inTurn<never>(broken) },
  complete: { complete: inTurn<never>(broken) },
  record: { record: inTurn<never>(broken) },
};

for (const [step, parts] of Object.entries(failures)) {
  Deno.test(`an error of ${step} reaches the caller, and the lock is freed on its way`, async () => {
    const stage = setStage(parts);
    await assert.rejects(stage.respond(), broken);
    assert.deepEqual(stage.names().slice(-2), [step, "release"]);
    assert.deepEqual(stage.callsOf("release")[0]?.args.at(-1), { ifDrained: false });
    await stage.clock.advance(60_000);
    assert.equal(stage.callsOf("extend").length, 0, "the heartbeat ended");
  });
}

Deno.test("a model that cannot be loaded frees the lock too", async () => {
  const stage = setStage();
  stage.deps.model = () => Promise.reject(new Error("no such module"));
  await assert.rejects(stage.respond(), /no such module/);
  assert.deepEqual(stage.names(), ["acquire", "claim", "release"]);
});

Deno.test("the error that is reported is the first one, also when freeing the lock fails too", async () => {
  const stage = setStage({ claim: inTurn<never>(broken), release: inTurn<boolean>(new Error("away")) });
  await assert.rejects(stage.respond(), broken);
  assert.equal(stage.line("batch_lock.release_failed").level, "error");
});

Deno.test("an outcome that this version does not know stops the holder instead of going round for ever", async () => {
  const stage = setStage({ claim: inTurn<Claim>(JSON.parse('{"outcome":"postponed_by_moon"}')) });
  await assert.rejects(stage.respond(), { code: "unexpected_outcome" });
  assert.deepEqual(stage.names(), ["acquire", "claim", "release"]);
});

Deno.test("a lock that could not be asked for is not freed", async () => {
  const stage = setStage({ acquire: inTurn<never>(broken) });
  await assert.rejects(stage.respond(), broken);
  assert.deepEqual(stage.names(), ["acquire"]);
});

Deno.test("a burst that lasts longer than the call may is left to the next one, at once", async () => {
  const stage = setStage({ claim: inTurn({ outcome: "wait", waitMs: 120_000 }) });
  const start = stage.clock.now();
  assert.equal(await stage.respond({ until: start + 20_000 }), "released");
  assert.equal(stage.clock.now(), start);
  assert.deepEqual(stage.names(), ["acquire", "claim", "release"]);
});
