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

Deno.test("beyond the limit the oldest are forgotten, and an ended subscription hears nothing", () => {
  const arrivals = new Arrivals<number>("number", 2);
  const heard: number[] = [];
  const end = arrivals.subscribe((number) => heard.push(number));
  [1, 2, 3].forEach((number) => arrivals.add(number));
  end();
  arrivals.add(4);
  assert.deepEqual([arrivals.all(), heard], [[3, 4], [1, 2, 3]]);
});
