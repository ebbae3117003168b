import assert from "node:assert/strict";
import { createStackEvents, parseLogLine } from "./stack_events.ts";

Deno.test("only Recado's log lines are read", () => {
  const line =
    '{"at":"2026-01-01T00:00:00.000Z","level":"info","event":"message.accepted","message_sid":"SM1"}';
  assert.equal(parseLogLine(line)?.message_sid, "SM1");
  for (const other of ["Listening on …", "{torn", '{"event":1}', '["at"]']) {
    assert.equal(parseLogLine(other), null);
  }
});

Deno.test("one can wait for a line", async () => {
  const events = createStackEvents();
  const busy = events.happened(({ event }) => event === "batch_lock.busy");
  events.publish({ at: "", level: "info", event: "batch_lock.busy", lock_owner: "a" });
  assert.equal((await busy).lock_owner, "a");
});
