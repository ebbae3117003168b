import assert from "node:assert/strict";
import { keepLog } from "tests/doubles/kept_log.ts";
import { recordStatus } from "./record_status.ts";
import type { StatusReport } from "./ports/delivery_statuses.ts";

const report: StatusReport = {
  accountSid: "AC1",
  messageId: "m",
  messageSid: "SM1",
  status: "delivered",
  errorCode: null,
  mayPass: false,
};

const levels = {
  recorded: "info",
  repeated: "info",
  replaced: "info",
  taken: "info",
  unknown_message: "warn",
  second_sid: "error",
} as const;

for (
  const outcome of ["recorded", "repeated", "replaced", "taken", "unknown_message", "second_sid"] as const
) {
  Deno.test(`a report that was ${outcome} is logged as ${levels[outcome]}, with both ids`, async () => {
    const { log, lines } = keepLog();
    const record = () => Promise.resolve({ outcome, wakeSessionId: null });
    assert.equal(await recordStatus(report, log, { deliveryStatuses: { record } }), null);
    assert.equal(lines.length, 1);
    assert.equal(lines[0]?.level, levels[outcome]);
    assert.equal(lines[0]?.outcome, outcome);
    assert.deepEqual([lines[0]?.message_id, lines[0]?.message_sid], ["m", "SM1"]);
  });
}

Deno.test("the session that can go on is named", async () => {
  const { log } = keepLog();
  const record = () => Promise.resolve({ outcome: "recorded" as const, wakeSessionId: "s" });
  assert.equal(await recordStatus(report, log, { deliveryStatuses: { record } }), "s");
});

Deno.test("a report that was not committed is thrown", async () => {
  const { log } = keepLog();
  const deliveryStatuses = { record: () => Promise.reject(new Error("away")) };
  await assert.rejects(recordStatus(report, log, { deliveryStatuses }), /away/);
});
