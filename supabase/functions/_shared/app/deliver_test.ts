import assert from "node:assert/strict";
import { AppError } from "../runtime/errors.ts";
import { createDelivery } from "./deliver.ts";
import type { MessagingApi, SendResult } from "./ports/messaging.ts";
import { begun, holder, inTurn, none, type Parts, send, setStage } from "tests/doubles/stage.ts";
import { keepLog } from "tests/doubles/kept_log.ts";

function open(parts: Partial<Parts>) {
  const stage = setStage(parts);
  const kept = keepLog();
  return { ...stage, ...kept, delivery: createDelivery(holder, kept.log, stage.deps) };
}

/** Twilio's client as it decides itself: nothing leaves once `mayStart` says no. */
const punctual: MessagingApi["createMessage"] = (_message, { mayStart }) =>
  Promise.resolve<SendResult>(
    mayStart() ? { kind: "accepted", messageSid: "SM1", status: "queued" } : {
      kind: "postponed",
      reason: "not_started",
      retryAfterMs: 0,
      errorCode: null,
      detail: "too late",
    },
  );

Deno.test("an outbox is posted one by one until nothing is left", async () => {
  const { delivery, names, callsOf } = open({
    begin: inTurn(begun("out-1")),
    record: inTurn({ recorded: "recorded", next: begun("out-2") }, { recorded: "recorded", next: none }),
  });
  assert.deepEqual(await delivery.drain(), { outcome: "clear" });
  assert.deepEqual(names(), ["begin", "createMessage", "record", "createMessage", "record"]);
  assert.deepEqual(callsOf("record")[1]?.args, [
    holder,
    {
      send: { ...send, messageId: "out-2" },
      evidence: { kind: "accepted", messageSid: "SM1", status: "queued" },
    },
  ]);
});

Deno.test("a text leaves with its addresses and the callback that names its row", async () => {
  const { delivery, callsOf } = open({ begin: inTurn(begun("out-1")) });
  await delivery.drain();
  assert.deepEqual(callsOf("createMessage")[0]?.args[0], {
    accountSid: send.accountSid,
    from: send.from,
    to: send.to,
    messagingServiceSid: null,
    content: { body: "Olá!" },
    statusCallback: "https://example.test/message-status?message_id=out-1",
  });
});

Deno.test("outside the window the template carries the text as its first variable", async () => {
  const { delivery, callsOf } = open({
    begin: inTurn({ outcome: "begun", canceled: [], send: { ...send, contentSid: "HX1" } }),
  });
  await delivery.drain();
  assert.deepEqual(callsOf("createMessage")[0]?.args[0].content, {
    contentSid: "HX1",
    contentVariables: { "1": "Olá!" },
  });
});

Deno.test("a post may start until five seconds after its permission was asked for", async () => {
  for (const [late, kind] of [[4_999, "accepted"], [5_000, "postponed"]] as const) {
    const { delivery, clock, callsOf } = open({ createMessage: punctual });
    const askedAt = clock.now();
    await clock.advance(late);
    await delivery.drain({ next: begun(), askedAt });
    assert.equal(callsOf("begin").length, 0, "complete_batch has begun it");
    assert.equal(callsOf("record")[0]?.args[1].evidence.kind, kind);
  }
});

for (const slow of ["begin", "record"] as const) {
  Deno.test(`the time that ${slow} takes counts against the five seconds`, async () => {
    const stage = open({
      createMessage: punctual,
      begin: async () => {
        if (slow === "begin") await stage.clock.sleep(5_000);
        return begun("out-1");
      },
      record: async () => {
        if (stage.callsOf("record").length > 1) return { recorded: "recorded", next: none };
        if (slow === "record") await stage.clock.sleep(5_000);
        return { recorded: "recorded", next: begun("out-2") };
      },
    });
    await stage.clock.finish(stage.delivery.drain());
    const late = slow === "begin" ? "out-1" : "out-2";
    assert.equal(stage.line("send.postponed").message_id, late);
    assert.equal(stage.line("send.postponed").reason, "not_started");
    assert.equal(stage.lines.filter(({ event }) => event === "send.accepted").length, 1);
  });
}

Deno.test("what another call has begun is posted once; the next drain asks the database", async () => {
  const { delivery, clock, names } = open({});
  await delivery.drain({ next: begun(), askedAt: clock.now() });
  await delivery.drain();
  assert.deepEqual(names(), ["createMessage", "record", "begin"]);
});

Deno.test("a row in its grace or put off blocks what comes after it", async () => {
  for (const outcome of ["in_grace", "postponed"] as const) {
    const { delivery, names } = open({ begin: inTurn({ outcome, canceled: [], waitMs: 700 }) });
    assert.deepEqual(await delivery.drain(), { outcome: "blocked", waitMs: 700 });
    assert.deepEqual(names(), ["begin"]);
  }
});

Deno.test("every canceled row is named with its reason", async () => {
  const canceled = [{ messageId: "a", reason: "handoff" }, { messageId: "b", reason: "opted_out" }];
  const { delivery, lines } = open({ begin: inTurn({ outcome: "none", canceled }) });
  await delivery.drain();
  assert.deepEqual(lines.map(({ event, message_id, reason }) => ({ event, message_id, reason })), [
    { event: "send.canceled", message_id: "a", reason: "handoff" },
    { event: "send.canceled", message_id: "b", reason: "opted_out" },
  ]);
});

const results: SendResult[] = [
  { kind: "failed", errorCode: 63016, httpStatus: 400, detail: "outside the window" },
  { kind: "unknown", reason: "timeout", httpStatus: null, detail: "no answer" },
  { kind: "postponed", reason: "rate_limited", retryAfterMs: 900, errorCode: 20429, detail: "429" },
];

for (const result of results) {
  Deno.test(`a ${result.kind} post is recorded as it is, with a warning and without the text`, async () => {
    const stage = open({ begin: inTurn(begun()), createMessage: inTurn(result) });
    assert.deepEqual(await stage.delivery.drain(), { outcome: "clear" });
    assert.deepEqual(stage.callsOf("record")[0]?.args[1].evidence, result);
    assert.equal(stage.line(`send.${result.kind}`).level, "warn");
    assert.ok(!JSON.stringify(stage.lines).includes("Olá!"));
  });
}

Deno.test("an unknown send that Twilio has is recorded as found and not posted again", async () => {
  const { delivery, names, callsOf } = open({
    begin: inTurn({ outcome: "settle", canceled: [], send }),
    listMessages: inTurn([{
      messageSid: "SM9",
      body: send.body,
      from: send.from,
      to: send.to,
      status: "delivered",
      errorCode: null,
      createdAt: send.createdAt,
    }]),
  });
  assert.deepEqual(await delivery.drain(), { outcome: "clear" });
  assert.deepEqual(names(), ["begin", "listMessages", "knownSids", "record"]);
  assert.deepEqual(callsOf("record")[0]?.args[1].evidence, {
    kind: "found",
    messageSid: "SM9",
    status: "delivered",
    errorCode: null,
  });
});

Deno.test("an unknown send that Twilio does not have is begun again, naming the attempt that was absent", async () => {
  const { delivery, names, callsOf } = open({
    begin: inTurn({ outcome: "settle", canceled: [], send }, begun()),
  });
  assert.deepEqual(await delivery.drain(), { outcome: "clear" });
  assert.deepEqual(names(), ["begin", "listMessages", "knownSids", "begin", "createMessage", "record"]);
  assert.deepEqual(callsOf("begin")[1]?.args, [holder, send]);
});

Deno.test("while Twilio cannot be asked an unknown send stays unknown, and nothing is written", async () => {
  const { delivery, names } = open({
    begin: inTurn({ outcome: "settle", canceled: [], send }),
    listMessages: inTurn<never>(new AppError("twilio_unavailable", "HTTP 503", { retryable: true })),
  });
  assert.deepEqual(await delivery.drain(), { outcome: "blocked", waitMs: 10_000 });
  assert.deepEqual(names(), ["begin", "listMessages"]);
});

Deno.test("a second SID for one row is loud", async () => {
  const { delivery, line } = open({
    begin: inTurn(begun()),
    record: inTurn({ recorded: "second_sid", next: none }),
  });
  await delivery.drain();
  assert.equal(line("send.doubled").level, "error");
  assert.equal(line("send.doubled").message_id, "out-1");
});
