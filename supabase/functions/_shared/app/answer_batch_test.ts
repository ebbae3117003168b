import assert from "node:assert/strict";
import type { ModelResult } from "./ports/model.ts";
import { batch, begun, inTurn, none, setStage, usage } from "tests/doubles/stage.ts";

const failed: ModelResult = {
  kind: "failed",
  failure: "server_error",
  retryable: true,
  retryAfterMs: null,
  detail: "HTTP 500",
  requestId: "req-1",
  usage: null,
};
const reply: ModelResult = { kind: "reply", body: "Olá!", requestId: null, usage };

Deno.test("the model sees the assistant, the customer, the history and the whole batch", async () => {
  const stage = setStage();
  await stage.respond();
  const [turn, options] = stage.callsOf("reply")[0]?.args ?? [];
  assert.deepEqual(turn, {
    ...batch.assistant,
    customerName: batch.customerName,
    history: batch.history,
    messages: batch.messages,
  });
  assert.ok(typeof options === "object" && options !== null && "timeoutMs" in options);
  assert.equal(options.timeoutMs, 30_000);
});

Deno.test("a reply is written in WhatsApp's own marks, in as many parts as it needs, with its cost", async () => {
  const body = `**Bom dia**\n\n${"a".repeat(1_000)}\n\n${"b".repeat(1_000)}`;
  const stage = setStage({ reply: inTurn<ModelResult>({ ...reply, body }) });
  await stage.respond();
  assert.deepEqual(stage.callsOf("complete")[0]?.args[1], {
    batchId: "batch-1",
    bodies: [`*Bom dia*\n\n${"a".repeat(1_000)}`, "b".repeat(1_000)],
    usage,
  });
  assert.equal(stage.line("model.answered").latency_ms, 4);
});

Deno.test("no line of the log holds what the customer or the model said", async () => {
  const stage = setStage({ reply: inTurn<ModelResult>({ ...reply, body: "a secret answer" }) });
  await stage.respond();
  const printed = JSON.stringify(stage.lines);
  assert.ok(!printed.includes("a secret answer"));
  assert.ok(!printed.includes("Be kind."));
});

Deno.test("a short back-off is waited for by the same holder, which tries again", async () => {
  const stage = setStage({
    claim: inTurn(
      { outcome: "claimed", batch },
      { outcome: "claimed", batch: { ...batch, attempt: 2 } },
      { outcome: "drained" },
    ),
    reply: inTurn<ModelResult>(failed, reply),
  });
  const start = stage.clock.now();
  assert.equal(await stage.respond(), "released");
  const waited = stage.clock.now() - start;
  assert.ok(waited >= 500 && waited <= 1_000, `waited ${waited} ms`);
  assert.equal(stage.callsOf("acquire").length, 1);
  assert.equal(stage.callsOf("complete").length, 1);
  assert.deepEqual(stage.callsOf("fail")[0]?.args[1], {
    batchId: "batch-1",
    error: { failure: "server_error", detail: "HTTP 500", request_id: "req-1" },
    retryable: true,
    retryInMs: waited,
    usage: null,
  });
});

Deno.test("a long back-off is left to the sweep: nothing is waited for and the lock is freed", async () => {
  const stage = setStage({ reply: inTurn<ModelResult>({ ...failed, retryAfterMs: 20_000 }) });
  const start = stage.clock.now();
  assert.equal(await stage.respond(), "released");
  assert.equal(stage.clock.now(), start);
  assert.deepEqual(stage.names(), [
    "acquire",
    "begin",
    "claim",
    "reply",
    "fail",
    "begin",
    "claim",
    "release",
  ]);
  assert.equal(stage.line("batch.retrying").retry_in_ms, 20_000);
});

Deno.test("a batch that is given up on is loud, and its fallback message is sent", async () => {
  const stage = setStage({
    reply: inTurn<ModelResult>({ ...failed, failure: "request_rejected", retryable: false, usage }),
    fail: inTurn("dead"),
    begin: inTurn(none, begun("fallback")),
  });
  assert.equal(await stage.respond(), "released");
  assert.equal(stage.line("batch.dead_lettered").level, "error");
  assert.equal(stage.callsOf("createMessage").length, 1);
  const failure = stage.callsOf("fail")[0]?.args[1];
  assert.equal(failure?.retryable, false);
  assert.deepEqual(failure?.usage, usage);
});

for (const body of ["---", "***\n\n___"]) {
  Deno.test(`a reply of which nothing would be shown counts as an empty answer: ${JSON.stringify(body)}`, async () => {
    const stage = setStage({ reply: inTurn<ModelResult>({ ...reply, body }), fail: inTurn("retrying") });
    await stage.respond();
    assert.equal(stage.callsOf("complete").length, 0, "the database refuses a reply without parts");
    assert.deepEqual(stage.callsOf("fail")[0]?.args[1].error, {
      failure: "empty_answer",
      detail: "nothing of the answer can be shown",
      request_id: null,
    });
  });
}
