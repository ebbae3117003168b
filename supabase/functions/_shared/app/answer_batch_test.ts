import assert from "node:assert/strict";
import { AppError } from "../runtime/errors.ts";
import type { Completion, Failing } from "./ports/batches.ts";
import type { ModelResult } from "./ports/model.ts";
import { batch, begun, inTurn, outbox, setStage, usage } from "tests/doubles/stage.ts";

const failed: ModelResult = {
  kind: "failed",
  failure: "unavailable",
  remedy: "wait",
  retryAfterMs: null,
  detail: "HTTP 500",
  requestId: "req-1",
  usage: null,
};
const reply: ModelResult = {
  kind: "reply",
  body: "Olá!",
  finishReason: "stop",
  requestId: null,
  usage,
};
const retrying: Failing = { outcome: "retrying", retryInMs: 900 };

Deno.test("a reply is written in WhatsApp's own marks, in as many parts as it needs, with its cost", async () => {
  const body = `**Bom dia**\n\n${"a".repeat(1_000)}\n\n${"b".repeat(1_000)}`;
  const stage = setStage({ reply: inTurn<ModelResult>({ ...reply, body }) });
  await stage.respond();
  assert.deepEqual(stage.callsOf("complete")[0]?.args[1], {
    batchId: "batch-1",
    bodies: [`*Bom dia*\n\n${"a".repeat(1_000)}`, "b".repeat(1_000)],
    usage,
    calls: 1,
    historyCharacters: null,
  });
  assert.equal(stage.line("model.answered").latency_ms, 4);
  assert.equal(stage.line("model.answered").finish_reason, "stop");
});

Deno.test("no line of the log holds what the customer or the model said", async () => {
  const stage = setStage({ reply: inTurn<ModelResult>({ ...reply, body: "a secret answer" }) });
  await stage.respond();
  const printed = JSON.stringify(stage.lines);
  assert.ok(!printed.includes("a secret answer"));
  assert.ok(!printed.includes("Be kind."));
});

Deno.test("a short back-off is waited for without the lease, then it is tried again", async () => {
  const stage = setStage({
    claim: inTurn({ outcome: "claimed", batch }, { outcome: "claimed", batch: { ...batch, attempt: 2 } }),
    reply: inTurn<ModelResult>({ ...failed, retryAfterMs: 700 }, reply),
    fail: inTurn(retrying),
  });
  const start = stage.clock.now();
  assert.equal(await stage.respond(), "released");
  assert.equal(stage.clock.now() - start, 900);
  assert.deepEqual(stage.names().slice(3, 7), ["fail", "release", "acquire", "claim"]);
  assert.equal(stage.callsOf("complete").length, 1);
  assert.deepEqual(stage.callsOf("fail")[0]?.args[1], {
    batchId: "batch-1",
    error: { failure: "unavailable", detail: "HTTP 500", request_id: "req-1" },
    remedy: "wait",
    askedMs: 700,
    usage: null,
    calls: 1,
  });
});

Deno.test("a long back-off is left to the sweep: nothing is waited for and the lock is freed", async () => {
  const stage = setStage({
    reply: inTurn<ModelResult>({ ...failed, retryAfterMs: 20_000 }),
    fail: inTurn({ outcome: "retrying", retryInMs: 20_000 }),
  });
  const start = stage.clock.now();
  assert.equal(await stage.respond(), "released");
  assert.equal(stage.clock.now(), start);
  assert.deepEqual(stage.names(), ["acquire", "claim", "reply", "fail", "release"]);
  assert.equal(stage.line("batch.retrying").retry_in_ms, 20_000);
});

Deno.test("a batch that is given up on is loud, and its fallback message is sent", async () => {
  const stage = setStage({
    reply: inTurn<ModelResult>({ ...failed, failure: "request_rejected", remedy: "give_up", usage }),
    claim: inTurn({ outcome: "claimed", batch }, outbox(begun("fallback")), { outcome: "drained" }),
    fail: inTurn({ outcome: "dead" }),
  });
  assert.equal(await stage.respond(), "released");
  assert.equal(stage.line("batch.dead_lettered").level, "error");
  assert.equal(stage.callsOf("createMessage").length, 1);
  const failure = stage.callsOf("fail")[0]?.args[1];
  assert.equal(failure?.remedy, "give_up");
  assert.deepEqual(failure?.usage, usage);
});

for (const code of ["data_refused", "invalid"]) {
  Deno.test(`a reply that the database refuses (${code}) ends its batch at once, with words of our own`, async () => {
    const stage = setStage({
      complete: inTurn<Completion>(new AppError(code, "complete_batch: what the model said")),
      claim: inTurn({ outcome: "claimed", batch }, outbox(begun("fallback")), { outcome: "drained" }),
      fail: inTurn({ outcome: "dead" }),
    });
    assert.equal(await stage.respond(), "released");
    assert.deepEqual(stage.callsOf("fail")[0]?.args[1], {
      batchId: "batch-1",
      error: { failure: "reply_refused", detail: code, request_id: null },
      remedy: "give_up",
      askedMs: null,
      usage: null,
      calls: 1,
    });
    assert.equal(stage.callsOf("reply").length, 1);
  });
}

Deno.test("a failure that the database refuses to note ends its batch too, without the provider's words", async () => {
  const stage = setStage({
    reply: inTurn<ModelResult>({ ...failed, usage }),
    fail: inTurn<Failing>(new AppError("data_refused", "fail_batch"), { outcome: "dead" }),
    claim: inTurn({ outcome: "claimed", batch }, { outcome: "drained" }),
  });
  assert.equal(await stage.respond(), "released");
  assert.equal(stage.callsOf("fail")[1]?.args[1].error.failure, "reply_refused");
});

Deno.test("a function that the database does not have is a mistake of ours: nobody's batch ends for it", async () => {
  const missing = new AppError("database_refused", "complete_batch: no such function");
  const stage = setStage({ complete: inTurn<Completion>(missing) });
  await assert.rejects(stage.respond(), missing);
  assert.equal(stage.callsOf("fail").length, 0);
});
