import assert from "node:assert/strict";
import { Arrivals } from "./arrivals.ts";

Deno.test("waiting ends with the item that completes the wish, past items included", async () => {
  const arrivals = new Arrivals<number>("number");
  arrivals.add(1);
  const two = arrivals.reached(2);
  const even = arrivals.first((number) => number % 2 === 0);
  arrivals.add(2);
  assert.deepEqual(await two, [1, 2]);
  assert.equal(await even, 2);
});

Deno.test("waiting in vain fails with a code", async () => {
  const arrivals = new Arrivals<number>("number");
  await assert.rejects(arrivals.reached(1, { timeoutMs: 10 }), { code: "wait_timed_out" });
});

Deno.test("waiting in vain says what never came and what came instead", async () => {
  const arrivals = new Arrivals<number>("number", { describe: (number) => `#${number}` });
  arrivals.add(7);
  const waiting = arrivals.first((number) => number === 8, { timeoutMs: 10 });
  await assert.rejects(waiting, ({ message }) => /number === 8/.test(message) && message.endsWith("#7."));
});

Deno.test("waiting ends at once when its signal aborts", async () => {
  const arrivals = new Arrivals<number>("number");
  const end = new AbortController();
  const waiting = assert.rejects(arrivals.reached(1, { signal: end.signal }), /It is over/);
  end.abort(new Error("It is over"));
  await waiting;
  await assert.rejects(arrivals.reached(1, { signal: end.signal }), /It is over/);
});

Deno.test("beyond the limit the oldest are forgotten, and an ended subscription hears nothing", () => {
  const arrivals = new Arrivals<number>("number", { limit: 2 });
  const heard: number[] = [];
  const end = arrivals.subscribe((number) => heard.push(number));
  [1, 2, 3].forEach((number) => arrivals.add(number));
  end();
  arrivals.add(4);
  assert.deepEqual([arrivals.all(), heard], [[3, 4], [1, 2, 3]]);
});
