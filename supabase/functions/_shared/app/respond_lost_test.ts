import assert from "node:assert/strict";
import type { ModelResult } from "./ports/model.ts";
import { begun, inTurn, outbox, type Parts, setStage } from "tests/doubles/stage.ts";

const aborted: ModelResult = {
  kind: "failed",
  failure: "aborted",
  remedy: "wait",
  retryAfterMs: null,
  detail: "aborted by the caller",
  requestId: null,
  usage: null,
};

/** A model that answers only when it is told to stop. */
const untilAborted: Parts["reply"] = (_turn, { signal }) =>
  new Promise((resolve) => signal.addEventListener("abort", () => resolve(aborted)));

const failed: ModelResult = { ...aborted, failure: "unavailable" };

const lostAt: { [step: string]: Partial<Parts> } = {
  claim: { claim: inTurn({ outcome: "lost" }) },
  complete: { complete: inTurn({ outcome: "lost" }) },
  fail: { reply: inTurn(failed), fail: inTurn({ outcome: "lost" }) },
  record: { record: inTurn({ recorded: "recorded", next: { outcome: "lost", canceled: [] } }) },
};

for (const [step, parts] of Object.entries(lostAt)) {
  Deno.test(`a fence that refuses ${step} is the last thing this holder touches`, async () => {
    const stage = setStage(parts);
    assert.equal(await stage.respond(), "lost");
    assert.equal(stage.names().at(-1), step);
    assert.equal(stage.callsOf("release").length + stage.callsOf("handBack").length, 0);
  });
}

Deno.test("a send that complete_batch could not begin for a lost lease ends this holder", async () => {
  const stage = setStage({
    complete: inTurn({
      outcome: "completed",
      messageIds: ["out-1"],
      send: { outcome: "lost", canceled: [] },
    }),
  });
  assert.equal(await stage.respond(), "lost");
  assert.equal(stage.names().at(-1), "complete");
});

Deno.test("a refused heartbeat aborts the model call and nothing more is written", async () => {
  const stage = setStage({ reply: untilAborted, extend: inTurn(true, false) });
  const start = stage.clock.now();
  assert.equal(await stage.respond(), "lost");
  assert.deepEqual(stage.names(), ["acquire", "claim", "reply"]);
  assert.equal(stage.clock.now() - start, 20_000, "refused at the second third of the lease");
  assert.equal(stage.line("batch_lock.lost").level, "warn");
});

Deno.test("a reply that comes in spite of the lost lease is thrown away", async () => {
  const stage = setStage({
    extend: inTurn(false),
    reply: (_turn, { signal }) =>
      new Promise((resolve) =>
        signal.addEventListener(
          "abort",
          () =>
            resolve({
              kind: "reply",
              finishReason: "stop",
              requestId: null,
              body: "late",
              usage: { model: "m", promptTokens: 1, completionTokens: 1, latencyMs: 1 },
            }),
        )
      ),
  });
  assert.equal(await stage.respond(), "lost");
  assert.equal(stage.callsOf("complete").length, 0);
});

Deno.test("the lease is kept while the model thinks", async () => {
  const stage = setStage();
  const { clock } = stage;
  const { reply } = await stage.deps.model();
  stage.deps.model = () =>
    Promise.resolve({
      reply: async (turn, options) => {
        await clock.sleep(25_000);
        return await reply(turn, options);
      },
    });
  assert.equal(await stage.respond(), "released");
  assert.equal(stage.callsOf("extend").length, 2);
  assert.deepEqual(stage.callsOf("extend")[0]?.args, stage.callsOf("acquire")[0]?.args);
});

Deno.test("on shutdown the model call is aborted, the batch handed back and the lock freed with it", async () => {
  const stage = setStage({ reply: untilAborted });
  const { model } = stage.deps;
  stage.deps.model = () => {
    queueMicrotask(() => queueMicrotask(() => setTimeout(() => stage.shutDown())));
    return model();
  };
  const outcome = await stage.respond();
  assert.equal(outcome, "handed_back");
  assert.deepEqual(stage.names(), ["acquire", "claim", "reply", "handBack"]);
  assert.equal(stage.line("batch_lock.released").reason, "stopped");
});

Deno.test("on shutdown a wait without the lease ends at once, and nothing is taken again", async () => {
  const stage = setStage({
    claim: () => {
      stage.clock.sleep(1_000).then(() => stage.shutDown());
      return Promise.resolve(outbox({ outcome: "postponed", canceled: [], waitMs: 9_000 }));
    },
  });
  const start = stage.clock.now();
  assert.equal(await stage.respond(), "released");
  assert.equal(stage.clock.now() - start, 1_000);
  assert.deepEqual(stage.names(), ["acquire", "claim", "release"]);
});

Deno.test("on shutdown a wait ends at once", async () => {
  const stage = setStage({
    claim: () => {
      setTimeout(() => stage.shutDown());
      return Promise.resolve({ outcome: "wait", waitMs: 20_000 });
    },
  });
  const start = stage.clock.now();
  assert.equal(await stage.respond(), "handed_back");
  assert.ok(stage.clock.now() - start < 20_000);
  assert.deepEqual(stage.names(), ["acquire", "claim", "handBack"]);
});

Deno.test("a worker that is ending already hands back before it claims anything", async () => {
  const stage = setStage();
  stage.shutDown();
  assert.equal(await stage.respond(), "handed_back");
  assert.deepEqual(stage.names(), ["acquire", "handBack"]);
});

Deno.test("a post under way at shutdown is recorded before the lock is freed", async () => {
  const stage = setStage({
    claim: inTurn(outbox(begun("left"))),
    createMessage: () => {
      stage.shutDown();
      return Promise.resolve({ kind: "accepted", messageSid: "SM1", status: "queued" });
    },
  });
  assert.equal(await stage.respond(), "handed_back");
  assert.deepEqual(stage.names(), ["acquire", "claim", "createMessage", "record", "handBack"]);
});

Deno.test("a hand-back that fails is logged; the lease's end frees the session then", async () => {
  const stage = setStage({ handBack: inTurn<boolean>(new Error("away")) });
  stage.shutDown();
  assert.equal(await stage.respond(), "handed_back");
  assert.equal(stage.line("batch_lock.release_failed").reason, "stopped");
});
