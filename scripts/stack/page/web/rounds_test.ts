import assert from "node:assert/strict";
import { composing, emptyRounds, takeLine } from "./rounds.ts";

function told(...lines: [string, Record<string, unknown>][]) {
  const rounds = emptyRounds();
  lines.forEach(([event, fields], index) => {
    const at = new Date(Date.UTC(2026, 0, 1, 12, 0, index)).toISOString();
    const line = { at, level: "info" as const, event, session_id: "s", ...fields };
    takeLine(rounds, { id: index + 1, customer: "maria", line });
  });
  return rounds;
}

const burst: [string, Record<string, unknown>][] = [
  ["message.accepted", { request_id: "r1", message_sid: "SM1" }],
  ["batch_lock.acquired", { request_id: "r1", webhook_id: "w1" }],
  ["message.accepted", { request_id: "r2", message_sid: "SM2" }],
  ["batch_lock.busy", { request_id: "r2", message_sid: "SM2", lock_owner: "w1" }],
  ["message.accepted", { request_id: "r3", message_sid: "SM3" }],
  ["batch_lock.busy", { request_id: "r3", webhook_id: "w3", lock_owner: "w1" }],
];

Deno.test("a burst is one round: one invocation has the lock, the others found it busy", () => {
  const [round, ...others] = told(...burst).list;
  assert.deepEqual(others, []);
  assert.deepEqual(round?.invocations.map(({ messageSid, lock }) => [messageSid, lock]), [
    ["SM1", "acquired"],
    ["SM2", "busy"],
    ["SM3", "busy"],
  ]);
});

Deno.test("a round goes through its stages to the reply's delivery and the release", () => {
  const rounds = told(
    ...burst,
    ["batch.claimed", { webhook_id: "w1", message_count: 3, attempt: 1 }],
    ["model.called", { webhook_id: "w1" }],
    ["model.answered", { webhook_id: "w1", latency_ms: 900, prompt_tokens: 30, completion_tokens: 12 }],
    ["batch.completed", { webhook_id: "w1" }],
    ["send.accepted", { webhook_id: "w1", message_sid: "SM9" }],
    ["batch_lock.released", { webhook_id: "w1" }],
    ["delivery.recorded", { message_sid: "SM9", status: "delivered" }],
    ["message.duplicate", { request_id: "r9", message_sid: "SM2" }],
  );
  const [round] = rounds.list;
  assert.ok(round);
  assert.deepEqual(Object.values(round.stages).map(({ state }) => state), Array(6).fill("done"));
  assert.equal(round.stages.model.note, "900 ms, 42 tokens");
  assert.equal(round.stages.reply.note, "delivered");
  assert.equal(round.duplicates, 1);
  assert.equal(composing(round), false);
  assert.deepEqual(rounds.counters.get("maria"), {
    accepted: 3,
    busy: 2,
    batches: 1,
    modelCalls: 1,
    replies: 1,
    duplicates: 1,
    sweeps: 0,
  });
});

Deno.test("a holder that was killed is closed by the next one", () => {
  const rounds = told(...burst, ["batch_lock.acquired", { request_id: "sweep", webhook_id: "w7" }]);
  const [dead, next] = rounds.list;
  assert.equal(dead?.stages.release.state, "failed");
  assert.equal(next?.endedAt, null);
});

Deno.test("unknown events and missing fields change nothing", () => {
  const rounds = told(["batch_lock.acquired", {}], ["batch_lock.busy", {}], ["something.else", {}]);
  assert.deepEqual(rounds.list, []);
});
