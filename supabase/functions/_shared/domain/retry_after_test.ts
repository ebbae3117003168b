import assert from "node:assert/strict";
import { retryAfterMs } from "./retry_after.ts";

const now = new Date("2026-01-01T00:00:00Z");
const read = (headers: Record<string, string>) => retryAfterMs(new Headers(headers), now);

Deno.test("retryAfterMs() reads seconds and HTTP dates", () => {
  assert.equal(read({ "retry-after": "7" }), 7_000);
  assert.equal(read({ "retry-after": "0.5" }), 500);
  assert.equal(read({ "retry-after": "Thu, 01 Jan 2026 00:00:30 GMT" }), 30_000);
  assert.equal(read({ "retry-after": "9", "retry-after-ms": "120" }), 120);
});

Deno.test("retryAfterMs() is null for nothing and for nonsense, never negative and never more than an hour", () => {
  assert.equal(read({}), null);
  assert.equal(read({ "retry-after": "soon" }), null);
  assert.equal(read({ "retry-after": "Wed, 31 Dec 2025 23:00:00 GMT" }), 0);
  assert.equal(read({ "retry-after": "999999999" }), 3_600_000);
});
