import assert from "node:assert/strict";
import { systemClock } from "./clock.ts";

Deno.test("sleep() resolves after its time", async () => {
  const start = systemClock.now();
  await systemClock.sleep(20);
  assert.ok(systemClock.now() - start >= 19);
});

Deno.test("sleep() ends as soon as its signal aborts, and leaves no timer behind", async () => {
  const controller = new AbortController();
  const asleep = systemClock.sleep(60_000, controller.signal);
  controller.abort();
  await asleep;
});

Deno.test("sleep() does not begin when its signal has aborted", async () => {
  await systemClock.sleep(60_000, AbortSignal.abort());
});

Deno.test("a signal that many sleeps have watched is watched by none of them afterwards", async () => {
  const controller = new AbortController();
  const { signal } = controller;
  const watching = new Set<unknown>();
  const { addEventListener: add, removeEventListener: remove } = EventTarget.prototype;
  signal.addEventListener = (type: string, listener: EventListenerOrEventListenerObject) => {
    watching.add(listener);
    add.call(signal, type, listener);
  };
  signal.removeEventListener = (type: string, listener: EventListenerOrEventListenerObject) => {
    watching.delete(listener);
    remove.call(signal, type, listener);
  };
  await Promise.all([1, 2, 3].map((ms) => systemClock.sleep(ms, signal)));
  assert.equal(watching.size, 0);
});
