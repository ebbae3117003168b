import assert from "node:assert/strict";
import type { SendResult } from "../app/ports/messaging.ts";
import { classifySend } from "./send_result.ts";

const now = new Date("2026-01-01T00:00:00Z");

function answered(status: number, code: number | null, headers: Record<string, string> = {}): SendResult {
  const text = JSON.stringify({ code, message: "No.", more_info: "", status });
  return classifySend({ kind: "answered", status, headers: new Headers(headers), text }, now);
}

/** `postponed configuration 60000`, `failed`, `unknown server_error`. */
function gist(result: SendResult): string {
  const reason = "reason" in result ? ` ${result.reason}` : "";
  const wait = result.kind === "postponed" ? ` ${result.retryAfterMs}` : "";
  return result.kind + reason + wait;
}

Deno.test("what is ours to repair waits a minute", () => {
  for (const code of [21701, 21702, 21704, 21705, 21608, 21408, 21655, 63007, 63020, 63028, 63112]) {
    assert.equal(gist(answered(400, code)), "postponed configuration 60000", String(code));
  }
  assert.equal(gist(answered(404, 20404)), "postponed configuration 60000");
  for (const status of [401, 403]) {
    assert.equal(gist(answered(status, null)), "postponed configuration 60000");
    assert.equal(gist(answered(status, 12345)), "postponed configuration 60000");
  }
});

Deno.test("what passes waits for a moment", () => {
  for (const code of [21730, 21611, 30001, 63017, 20500]) {
    assert.equal(gist(answered(400, code)), "postponed rate_limited 10000", String(code));
  }
  for (const code of [20429, 63018, 12345, 63024, null]) {
    assert.equal(gist(answered(429, code)), "postponed rate_limited 1000", String(code));
  }
  assert.equal(gist(answered(429, 63038)), "postponed configuration 60000");
});

Deno.test("a server's wish is honoured, but never at once", () => {
  const wishes: [string, number][] = [
    ["0", 1_000],
    ["0.2", 1_000],
    ["7", 7_000],
    ["Wed, 31 Dec 2025 23:59:00 GMT", 1_000],
    ["Thu, 01 Jan 2026 00:00:09 GMT", 9_000],
  ];
  for (const [wish, wait] of wishes) {
    const headers = { "retry-after": wish };
    assert.equal(gist(answered(429, 20429, headers)), `postponed rate_limited ${wait}`, wish);
    assert.equal(gist(answered(400, 21730, headers)), `postponed rate_limited ${wait}`, wish);
    assert.equal(gist(answered(401, 20003, headers)), `postponed configuration ${wait}`, wish);
  }
  for (const unreadable of ["soon", "-1", ""]) {
    const headers = { "retry-after": unreadable };
    assert.equal(gist(answered(429, 20429, headers)), "postponed rate_limited 1000", unreadable);
  }
});

Deno.test("what is final for the message fails, and so does a 4xx that nobody knows", () => {
  for (const code of [21211, 21610, 21617, 21656, 63016, 63024, 63049, 30410, 12345, null]) {
    assert.equal(gist(answered(400, code)), "failed", String(code));
  }
  assert.equal(gist(answered(403, 21610)), "failed", "the code says more than the status");
});

Deno.test("a message that is no text does not hide the code", () => {
  const text = JSON.stringify({ code: 21701, message: { en: "No." } });
  const result = classifySend({ kind: "answered", status: 400, headers: new Headers(), text }, now);
  assert.equal(gist(result), "postponed configuration 60000");
});

Deno.test("a 5xx leaves it unknown, unless its code says that nothing was begun", () => {
  for (const code of [20500, 20503, 63018, 20003, 12345, null]) {
    assert.equal(gist(answered(503, code)), "unknown server_error", String(code));
  }
  for (const code of [20429, 21730]) {
    assert.equal(gist(answered(503, code)), "postponed rate_limited 10000", String(code));
  }
  assert.equal(gist(answered(408, 21730)), "unknown timeout");
});
