import assert from "node:assert/strict";
import { createFakeClock } from "tests/doubles/fake_clock.ts";
import { keepLog } from "tests/doubles/kept_log.ts";
import { holder, inTurn } from "tests/doubles/stage.ts";
import { keepLease } from "./lease.ts";

/** A lease of 30 s, acquired `askedAgoMs` ago. `beats` are the times, since then, at which it was extended. */
function keep(extend: () => Promise<boolean>, askedAgoMs = 0) {
  const clock = createFakeClock();
  const { log, line, lines } = keepLog();
  const askedAt = clock.now() - askedAgoMs;
  const beats: number[] = [];
  const args: unknown[][] = [];
  const locks = {
    extend: (...given: unknown[]) => {
      beats.push(clock.now() - askedAt);
      args.push(given);
      return extend();
    },
  };
  return {
    clock,
    line,
    lines,
    beats,
    args,
    lease: keepLease(holder, { seconds: 30, askedAt, locks, clock, log }),
  };
}

const always = () => Promise.resolve(true);
const away = () => Promise.reject(new Error("the database is away"));

Deno.test("a lease is extended every third of its length", async () => {
  const { clock, beats, args, lease } = keep(always);
  await clock.advance(95_000);
  assert.deepEqual(beats, [10, 20, 30, 40, 50, 60, 70, 80, 90].map((seconds) => seconds * 1_000));
  assert.deepEqual(args[0], [holder, 30]);
  assert.equal(lease.lost.aborted, false);
  await lease.stop();
});

Deno.test("stopping ends the heartbeat at once", async () => {
  const { clock, beats, lease } = keep(always);
  await clock.advance(10_000);
  await lease.stop();
  await clock.advance(60_000);
  assert.equal(beats.length, 1);
  assert.equal(lease.lost.aborted, false);
});

Deno.test("a refused extension means that the lease is lost, and ends the heartbeat", async () => {
  const { clock, beats, line, lease } = keep(inTurn(true, false));
  await clock.advance(19_999);
  assert.equal(lease.lost.aborted, false);
  await clock.advance(60_000);
  assert.equal(lease.lost.aborted, true);
  assert.equal(beats.length, 2);
  assert.equal(line("batch_lock.lost").level, "warn");
  await lease.stop();
});

Deno.test("while the database is away the lease is lost at its end and not before", async () => {
  const { clock, lease, beats } = keep(away);
  await clock.advance(29_999);
  assert.equal(lease.lost.aborted, false);
  await clock.advance(1);
  assert.equal(lease.lost.aborted, true);
  assert.ok(beats.length >= 10, `asked ${beats.length} times, about once a second`);
  assert.ok(beats.every((beat) => beat < 30_000));
  await lease.stop();
});

Deno.test("an outage shorter than the lease is survived", async () => {
  const { clock, lease, lines } = keep(inTurn<boolean>(new Error("away"), new Error("away"), true, true));
  await clock.advance(31_000);
  assert.equal(lease.lost.aborted, false);
  assert.equal(lines.filter(({ event }) => event === "batch_lock.heartbeat_failed").length, 2);
  await lease.stop();
});

Deno.test("the end is counted from when the lease was asked for, not from the answer", async () => {
  const { clock, lease } = keep(away, 8_000);
  await clock.advance(21_999);
  assert.equal(lease.lost.aborted, false);
  await clock.advance(1);
  assert.equal(lease.lost.aborted, true);
  await lease.stop();
});

Deno.test("an extension that was answered late ends when it would have, had it been answered at once", async () => {
  let asked = 0;
  const { clock, lease } = keep(async () => {
    if (++asked > 1) return await away();
    await clock.sleep(8_000);
    return true;
  });
  await clock.advance(39_999);
  assert.equal(lease.lost.aborted, false);
  await clock.advance(1);
  assert.equal(lease.lost.aborted, true);
  await lease.stop();
});

Deno.test("an extension that never answers does not outlive the lease", async () => {
  const { clock, lease } = keep(() => new Promise(() => {}));
  await clock.advance(30_000);
  assert.equal(lease.lost.aborted, true);
});

Deno.test("a refusal that comes after the stop is no loss", async () => {
  let refuse = (_extended: boolean) => {};
  const { clock, lease, lines } = keep(() => new Promise((resolve) => refuse = resolve));
  await clock.advance(10_000);
  const stopped = lease.stop();
  refuse(false);
  await stopped;
  assert.equal(lease.lost.aborted, false);
  assert.deepEqual(lines, []);
});
