import assert from "node:assert/strict";
import { shutdownSignal, waitUntil } from "./platform.ts";

Deno.test("waitUntil() hands the work to the edge runtime where there is one", () => {
  const work = Promise.resolve();
  waitUntil(work);
  const kept: Promise<unknown>[] = [];
  globalThis.EdgeRuntime = { waitUntil: (promise) => kept.push(promise) };
  try {
    waitUntil(work);
  } finally {
    globalThis.EdgeRuntime = undefined;
  }
  assert.deepEqual(kept, [work]);
});

Deno.test("shutdownSignal() aborts when the runtime announces the end, with its reason", () => {
  const signal = shutdownSignal();
  assert.equal(signal.aborted, false);
  dispatchEvent(new CustomEvent("beforeunload", { detail: { reason: "wall_clock" } }));
  assert.equal(signal.aborted, true);
  assert.match(String(signal.reason), /wall_clock/);
});
