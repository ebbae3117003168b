import assert from "node:assert/strict";
import type { SentMessage } from "./outside_log.ts";
import { distribution, type Holder, type Kill, recoveries } from "./recovery.ts";

const [ana, rui] = [1, 2];
const receive = "receive-whatsapp-message";

function message(acknowledgedAt: number, repliedAt: number, customer = ana): SentMessage {
  const replies = [{ sid: "SM1", at: repliedAt }];
  return { token: "k1x000001", customer, sentAt: acknowledgedAt, acknowledgedAt, replies };
}

const holder = (from: number, to: number | null, customer = ana): Holder => ({
  customer,
  part: receive,
  from,
  to,
});
const kill = (at: number, parts: string[] | null = [receive]): Kill => ({
  at,
  parts: parts && new Set(parts),
});

Deno.test("a message that nothing hit needs no recovery", () => {
  const { fromLastHit } = recoveries([message(10, 20)], [holder(10, 21)], [kill(5), kill(30)]);
  assert.deepEqual(fromLastHit, []);
});

Deno.test("recovery runs from the first kill after the acknowledgement, whoever had the message", () => {
  const { fromLastHit, fromFirstHit } = recoveries([message(10, 100)], [], [kill(30)]);
  assert.deepEqual([fromLastHit, fromFirstHit], [[70], [70]]);
});

Deno.test("a kill while nobody is at work on it does not start the clock anew", () => {
  const { fromLastHit } = recoveries([message(10, 100)], [holder(11, null)], [kill(30), kill(60), kill(90)]);
  assert.deepEqual(fromLastHit, [70]);
});

Deno.test("a kill of its next holder starts the clock anew, and only the first hit remembers the old one", () => {
  const holders = [holder(11, null), holder(50, null)];
  const { fromLastHit, fromFirstHit } = recoveries([message(10, 100)], holders, [kill(30), kill(60)]);
  assert.deepEqual([fromLastHit, fromFirstHit], [[40], [70]]);
});

Deno.test("a kill of another part, or of another customer's holder, is no hit", () => {
  const holders = [holder(50, null), holder(50, null, rui)];
  const killed = [kill(30), kill(60, ["message-status"])];
  assert.deepEqual(recoveries([message(10, 100)], holders, killed).fromLastHit, [70]);
  assert.deepEqual(recoveries([message(10, 100)], holders.slice(1), [kill(30), kill(60)]).fromLastHit, [70]);
});

Deno.test("an outage of the database hits who is at work, and leaves him at work", () => {
  const holders = [holder(11, 100)];
  assert.deepEqual(recoveries([message(10, 100)], holders, [kill(30, null), kill(60, null)]).fromLastHit, [
    40,
  ]);
});

Deno.test("percentiles are values that occurred", () => {
  const hundred = Array.from({ length: 100 }, (_, index) => index + 1);
  assert.deepEqual(distribution(hundred.toReversed()), { count: 100, p50: 50, p95: 95, p99: 99, max: 100 });
  assert.deepEqual(distribution([]), { count: 0, p50: 0, p95: 0, p99: 0, max: 0 });
});
