import assert from "node:assert/strict";
import { createTeardown } from "./teardown.ts";

Deno.test("parts are stopped once, the youngest first", async () => {
  const stopped: string[] = [];
  const teardown = createTeardown();
  for (const name of ["first", "second"]) {
    await teardown.own(name, (part) => stopped.push(part));
  }
  await Promise.all([teardown.run(), teardown.run()]);
  assert.deepEqual(stopped, ["second", "first"]);
});

Deno.test("a part that comes up during the end is stopped too, and its starter told", async () => {
  const stopped: string[] = [];
  const teardown = createTeardown();
  const starting = Promise.withResolvers<string>();
  const owned = teardown.own(starting.promise, (part) => stopped.push(part));
  const run = teardown.run();
  starting.resolve("late");
  await assert.rejects(owned, { code: "stack_stopped" });
  await run;
  assert.deepEqual(stopped, ["late"]);
});

Deno.test("a part that does not stop keeps no other from being stopped", async () => {
  const stopped: string[] = [];
  const teardown = createTeardown();
  await teardown.own(Promise.resolve("first"), (part) => stopped.push(part));
  await teardown.own(Promise.resolve("second"), () => Promise.reject(new Error("stuck")));
  await assert.rejects(teardown.run(), AggregateError);
  assert.deepEqual(stopped, ["first"]);
});
