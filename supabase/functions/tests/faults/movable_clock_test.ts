import assert from "node:assert/strict";
import { createMovableClock } from "./movable_clock.ts";

Deno.test("a movable clock wakes those whose time has come when it is put forward, and no others", async () => {
  const clock = createMovableClock();
  const from = clock.now();
  const woken: string[] = [];
  const stop = new AbortController();
  const soon = clock.sleep(30_000).then(() => woken.push("soon"));
  const later = clock.sleep(60_000, stop.signal).then(() => woken.push("later"));
  clock.put(from + 35_000);
  await soon;
  assert.deepEqual(woken, ["soon"]);
  assert(clock.now() >= from + 35_000);
  stop.abort();
  await later;
});

Deno.test("a movable clock that is put back lets its sleepers sleep for longer", async () => {
  const clock = createMovableClock();
  const stop = new AbortController();
  let woken = false;
  const asleep = clock.sleep(20, stop.signal).then(() => woken = true);
  clock.put(clock.now() - 60_000);
  await createMovableClock().sleep(40);
  assert.equal(woken, false);
  stop.abort();
  await asleep;
});
