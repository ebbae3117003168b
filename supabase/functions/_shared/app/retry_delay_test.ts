import assert from "node:assert/strict";
import { retryInMs } from "./retry_delay.ts";

Deno.test("back-off doubles from one second up to a minute, with up to half of it taken off", () => {
  const ceilings = [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000];
  for (const [index, ceiling] of ceilings.entries()) {
    assert.equal(retryInMs(index + 1, null, () => 0), ceiling);
    assert.equal(retryInMs(index + 1, null, () => 0.5), ceiling * 0.75);
    assert.ok(retryInMs(index + 1, null, () => 0.999_999) >= ceiling / 2);
  }
});

Deno.test("back-off is a whole, finite number of milliseconds however often something failed", () => {
  for (const attempt of [1, 3, 50, 2_000]) {
    const ms = retryInMs(attempt, null, () => 0.123_456);
    assert.ok(Number.isInteger(ms) && ms <= 60_000, String(ms));
  }
});

Deno.test("a server's own wish is honoured when it is longer, and cannot shorten the back-off", () => {
  assert.equal(retryInMs(1, 20_000, () => 0), 20_000);
  assert.equal(retryInMs(1, 120_000, () => 0), 120_000);
  assert.equal(retryInMs(3, 10, () => 0), 4_000);
  assert.equal(retryInMs(1, 0, () => 0), 1_000);
});
