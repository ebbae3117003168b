import assert from "node:assert/strict";
import { keepLog } from "tests/doubles/kept_log.ts";
import { ingest, needsResponse } from "./ingest.ts";
import type { InboundMessage, IngestResult } from "./ports/inbox.ts";

const message: InboundMessage = {
  messageSid: "SM1",
  accountSid: "AC1",
  from: "whatsapp:+5511999991234",
  to: "whatsapp:+14155238886",
  content: { kind: "text", body: "a secret question", media: [] },
  params: { Body: "a secret question" },
};
const ids = { messageId: "m", sessionId: "s", conversationId: "c", waitMs: 4_000 };

async function take(result: IngestResult) {
  const { log, ...kept } = keepLog();
  const inbox = { ingest: () => Promise.resolve(result) };
  assert.deepEqual(await ingest(message, log, { inbox }), result);
  return kept;
}

const cases: { result: IngestResult; events: string[]; responds: boolean }[] = [
  { result: { outcome: "accepted", ...ids, lockOwner: null }, events: ["message.accepted"], responds: true },
  {
    result: { outcome: "accepted", ...ids, lockOwner: "w" },
    events: ["message.accepted", "batch_lock.busy"],
    responds: false,
  },
  {
    result: { outcome: "duplicate", ...ids, lockOwner: null },
    events: ["message.duplicate"],
    responds: false,
  },
  {
    result: { outcome: "opted_out", ...ids, lockOwner: null },
    events: ["message.opted_out"],
    responds: false,
  },
  { result: { outcome: "handoff", ...ids, lockOwner: null }, events: ["message.handoff"], responds: false },
  { result: { outcome: "orphaned" }, events: ["message.orphaned"], responds: false },
];

for (const { result, events, responds } of cases) {
  const held = "lockOwner" in result && result.lockOwner ? " under a live lock" : "";
  Deno.test(`${result.outcome}${held}: logs ${events.join(" and ")}, ${responds ? "needs" : "no"} response`, async () => {
    const kept = await take(result);
    assert.deepEqual(kept.events(), events);
    assert.equal(needsResponse(result), responds);
  });
}

Deno.test("a duplicate is told in the promised words, with the original ids", async () => {
  const { line } = await take({ outcome: "duplicate", ...ids, lockOwner: null });
  const said = line("message.duplicate");
  assert.equal(said.message, "Duplicate inbound message caught");
  assert.deepEqual([said.message_id, said.session_id, said.conversation_id], ["m", "s", "c"]);
  assert.equal(said.message_sid, "SM1");
});

Deno.test("who holds the lock is logged", async () => {
  const { line } = await take({ outcome: "accepted", ...ids, lockOwner: "w" });
  assert.equal(line("batch_lock.busy").lock_owner, "w");
});

Deno.test("neither the text nor the whole address is logged", async () => {
  for (const { result } of cases) {
    const printed = JSON.stringify((await take(result)).lines);
    assert.ok(!printed.includes("secret") && !printed.includes("5511999991234"), printed);
    assert.ok(printed.includes("whatsapp:…1234"));
  }
});

Deno.test("what the database did not commit is thrown, not answered", async () => {
  const { log, lines } = keepLog();
  const inbox = { ingest: () => Promise.reject(new Error("away")) };
  await assert.rejects(ingest(message, log, { inbox }), /away/);
  assert.deepEqual(lines, []);
});
