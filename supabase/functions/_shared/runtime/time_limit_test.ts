import assert from "node:assert/strict";
import { createFakeClock } from "tests/doubles/fake_clock.ts";
import { startTimeLimit } from "./time_limit.ts";

const never = new Promise<never>(() => {});

Deno.test("a time limit ends what does not answer in time, and aborts its signal", async () => {
  const clock = createFakeClock();
  const limit = startTimeLimit(1_000, { clock });
  const racing = assert.rejects(limit.race(never), { name: "TimeoutError" });
  await clock.advance(999);
  assert.equal(limit.signal.aborted, false);
  await clock.advance(1);
  await racing;
  assert.equal(limit.signal.aborted, true);
});

Deno.test("a time limit covers several awaits, and what answers in time is unharmed", async () => {
  const clock = createFakeClock();
  const limit = startTimeLimit(1_000, { clock });
  assert.equal(await limit.race(Promise.resolve(1)), 1);
  await clock.advance(600);
  assert.equal(await limit.race(Promise.resolve(2)), 2);
  await clock.advance(400);
  await assert.rejects(limit.race(never), { name: "TimeoutError" });
});

Deno.test("a time limit that was ended never aborts", async () => {
  const clock = createFakeClock();
  const limit = startTimeLimit(1_000, { clock });
  limit.end();
  await clock.advance(60_000);
  assert.equal(limit.signal.aborted, false);
});

Deno.test("a time limit is called off with the reason of the signal it was given", async () => {
  const stop = new AbortController();
  const limit = startTimeLimit(60_000, { signal: stop.signal, clock: createFakeClock() });
  const racing = assert.rejects(limit.race(never), /shutting down/);
  stop.abort(new Error("shutting down"));
  await racing;
  const late = startTimeLimit(60_000, { signal: stop.signal, clock: createFakeClock() });
  await assert.rejects(late.race(never), /shutting down/);
});
