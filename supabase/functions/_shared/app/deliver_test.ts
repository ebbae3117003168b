import assert from "node:assert/strict";
import { AppError } from "../runtime/errors.ts";
import { createDelivery } from "./deliver.ts";
import type { MessagingApi, SendResult } from "./ports/messaging.ts";
import type { NextSend } from "./ports/outbox.ts";
import { begun, holder, inTurn, none, type Parts, send, setStage } from "tests/doubles/stage.ts";
import { keepLog } from "tests/doubles/kept_log.ts";

function open(parts: Partial<Parts>) {
  const stage = setStage(parts);
  const kept = keepLog();
  const stopping = new AbortController();
  const delivery = createDelivery({ holder, log: kept.log, stop: stopping.signal }, stage.deps);
  const drain = (next: NextSend, askedAt = stage.clock.now()) => delivery.drain({ next, askedAt });
  return { ...stage, ...kept, drain, stop: () => stopping.abort() };
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
  const { drain, names, callsOf } = open({
    record: inTurn({ recorded: "recorded", next: begun("out-2") }, { recorded: "recorded", next: none }),
  });
  assert.deepEqual(await drain(begun("out-1")), { outcome: "clear" });
  assert.deepEqual(names(), ["createMessage", "record", "createMessage", "record"]);
  assert.deepEqual(callsOf("record")[1]?.args, [
    holder,
    {
      send: { ...send, messageId: "out-2" },
      evidence: { kind: "accepted", messageSid: "SM1", status: "queued" },
    },
  ]);
});

Deno.test("a text leaves with its addresses and the callback that names its row", async () => {
  const { drain, callsOf } = open({});
  await drain(begun("out-1"));
  assert.deepEqual(callsOf("createMessage")[0]?.args[0], {
    accountSid: send.accountSid,
    from: send.from,
    to: send.to,
    messagingServiceSid: null,
    content: { body: "Olá!" },
    statusCallback: "https://example.test/message-status?message_id=out-1",
  });
});

Deno.test("outside the window the template carries the text as its first variable, as Twilio takes it", async () => {
  const { drain, callsOf } = open({});
  const body = "Olá!\n\n\tTudo bem?";
  await drain({ outcome: "begun", canceled: [], send: { ...send, contentSid: "HX1", body } });
  assert.deepEqual(callsOf("createMessage")[0]?.args[0].content, {
    contentSid: "HX1",
    contentVariables: { "1": "Olá! Tudo bem?" },
  });
});

Deno.test("a post may start until five seconds after its permission was asked for", async () => {
  for (const [late, kind] of [[4_999, "accepted"], [5_000, "postponed"]] as const) {
    const { drain, clock, callsOf } = open({ createMessage: punctual });
    const askedAt = clock.now();
    await clock.advance(late);
    await drain(begun(), askedAt);
    assert.equal(callsOf("record")[0]?.args[1].evidence.kind, kind);
  }
});

Deno.test("the time that record takes counts against the five seconds", async () => {
  const stage = open({
    createMessage: punctual,
    record: async () => {
      if (stage.callsOf("record").length > 1) return { recorded: "recorded", next: none };
      await stage.clock.sleep(5_000);
      return { recorded: "recorded", next: begun("out-2") };
    },
  });
  await stage.clock.finish(stage.drain(begun("out-1")));
  assert.equal(stage.line("send.postponed").message_id, "out-2");
  assert.equal(stage.line("send.postponed").reason, "not_started");
  assert.equal(stage.lines.filter(({ event }) => event === "send.accepted").length, 1);
});

Deno.test("a holder that is to stop posts nothing more: what was begun for it is put back", async () => {
  const stage = open({
    createMessage: punctual,
    record: inTurn({ recorded: "recorded", next: { outcome: "postponed", canceled: [], waitMs: 900 } }),
  });
  stage.stop();
  await stage.drain(begun());
  assert.equal(stage.callsOf("record")[0]?.args[1].evidence.kind, "postponed");
});

Deno.test("a holder that is to stop looks nothing up", async () => {
  const stage = open({});
  stage.stop();
  assert.deepEqual(await stage.drain({ outcome: "settle", canceled: [], send }), { outcome: "stopped" });
  assert.deepEqual(stage.names(), []);
});

Deno.test("a refusal whose code nobody knows is an error for people to see; one that is known is a warning", async () => {
  for (
    const [errorCode, level, name] of [[63016, "warn", "outside_window"], [
      69_999,
      "error",
      "unknown",
    ]] as const
  ) {
    const { drain, line } = open({
      createMessage: () =>
        Promise.resolve({ kind: "failed", errorCode, httpStatus: 400, detail: "Refused" } as const),
    });
    await drain(begun());
    const failed = line("send.failed");
    assert.equal(failed.level, level);
    assert.match(JSON.stringify(failed.error), new RegExp(`"name":"${name}`));
  }
});

Deno.test("a row in its grace or put off blocks what comes after it", async () => {
  for (const outcome of ["in_grace", "postponed"] as const) {
    const { drain, names } = open({});
    assert.deepEqual(await drain({ outcome, canceled: [], waitMs: 700 }), {
      outcome: "blocked",
      waitMs: 700,
    });
    assert.deepEqual(names(), []);
  }
});

Deno.test("every canceled row is named with its reason", async () => {
  const canceled = [{ messageId: "a", reason: "handoff" }, { messageId: "b", reason: "opted_out" }];
  const { drain, lines } = open({});
  await drain({ outcome: "none", canceled });
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
    const stage = open({ createMessage: inTurn(result) });
    assert.deepEqual(await stage.drain(begun()), { outcome: "clear" });
    assert.deepEqual(stage.callsOf("record")[0]?.args[1].evidence, result);
    assert.equal(stage.line(`send.${result.kind}`).level, "warn");
    assert.ok(!JSON.stringify(stage.lines).includes("Olá!"));
  });
}

Deno.test("an unknown send that Twilio has is recorded as found and not posted again", async () => {
  const { drain, names, callsOf } = open({
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
  assert.deepEqual(await drain({ outcome: "settle", canceled: [], send }), { outcome: "clear" });
  assert.deepEqual(names(), ["listMessages", "knownSids", "record"]);
  assert.deepEqual(callsOf("record")[0]?.args[1].evidence, {
    kind: "found",
    messageSid: "SM9",
    status: "delivered",
    errorCode: null,
  });
});

Deno.test("an unknown send that Twilio does not have is told as absent, at the attempt that was looked for", async () => {
  const { drain, names, callsOf } = open({
    begin: inTurn({ outcome: "in_grace", canceled: [], waitMs: 5_000 }),
  });
  const drained = await drain({ outcome: "settle", canceled: [], send });
  assert.deepEqual(drained, { outcome: "blocked", waitMs: 5_000 });
  assert.deepEqual(names(), ["listMessages", "knownSids", "begin"]);
  assert.deepEqual(callsOf("begin")[0]?.args, [holder, send]);
});

Deno.test("while Twilio cannot be asked an unknown send stays unknown, and the database says until when", async () => {
  const { drain, names, callsOf } = open({
    listMessages: inTurn<never>(new AppError("twilio_unavailable", "HTTP 503", { retryable: true })),
    record: inTurn({ recorded: "recorded", next: { outcome: "in_grace", canceled: [], waitMs: 10_000 } }),
  });
  const drained = await drain({ outcome: "settle", canceled: [], send });
  assert.deepEqual(drained, { outcome: "blocked", waitMs: 10_000 });
  assert.deepEqual(names(), ["listMessages", "record"]);
  assert.deepEqual(callsOf("record")[0]?.args[1].evidence, { kind: "unsettled", retryAfterMs: null });
});

Deno.test("a second SID for one row is loud", async () => {
  const { drain, line } = open({ record: inTurn({ recorded: "second_sid", next: none }) });
  await drain(begun());
  assert.equal(line("send.doubled").level, "error");
  assert.equal(line("send.doubled").message_id, "out-1");
});
