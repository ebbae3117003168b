import assert from "node:assert/strict";
import type { StatusReport } from "../_shared/app/ports/delivery_statuses.ts";
import { AppError } from "../_shared/runtime/errors.ts";
import { keepLog } from "tests/doubles/kept_log.ts";
import { accountSid, authTokens, badRequests, messageSid, signedPost } from "tests/doubles/signed_post.ts";
import { createStatusHandler } from "./handler.ts";

const publicUrl = "https://recado.example/functions/v1/message-status";
const messageId = "11111111-2222-4333-8444-555555555555";
const query = `?message_id=${messageId}`;
const params = { MessageSid: messageSid, AccountSid: accountSid, MessageStatus: "delivered" };

function open(
  outcome: "recorded" | "repeated" | "second_sid" | "taken" | "unknown_message" | Error = "recorded",
) {
  const { log, ...kept } = keepLog();
  const reports: StatusReport[] = [];
  const record = (report: StatusReport) => {
    reports.push(report);
    return outcome instanceof Error ? Promise.reject(outcome) : Promise.resolve(outcome);
  };
  return {
    ...kept,
    reports,
    handle: createStatusHandler({ deliveryStatuses: { record }, authTokens, publicUrl, log }),
  };
}

Deno.test("a signed report is recorded under the row that its address names", async () => {
  const { handle, reports } = open();
  const failed = { ...params, MessageStatus: "undelivered", ErrorCode: "63016" };
  const response = await handle(signedPost(failed, { publicUrl, query }));
  assert.equal(response.status, 204);
  assert.equal(await response.text(), "");
  assert.deepEqual(reports, [
    { accountSid, messageId, messageSid, status: "undelivered", errorCode: 63016 },
  ]);
});

Deno.test("a report that names no row of ours is recorded by its SID", async () => {
  for (const other of ["", "?message_id=", "?message_id=1", `${query}&message_id=${messageId}`]) {
    const { handle, reports } = open();
    assert.equal((await handle(signedPost(params, { publicUrl, query: other }))).status, 204);
    assert.equal(reports[0]?.messageId, null);
    assert.equal(reports[0]?.messageSid, messageSid);
  }
});

Deno.test("a status that we do not know is passed on as evidence of the SID", async () => {
  const { handle, reports } = open();
  const strange = { ...params, MessageStatus: "teleported" };
  assert.equal((await handle(signedPost(strange, { publicUrl, query }))).status, 204);
  assert.equal(reports[0]?.status, null);
});

Deno.test("the row that a report names is signed: another one is refused", async () => {
  const { handle, reports } = open();
  const other = query.replace("1111", "2222");
  const request = signedPost(params, { publicUrl, query });
  const response = await handle(new Request(`http://function.internal/${other}`, request));
  assert.equal(response.status, 403);
  assert.deepEqual(reports, []);
});

for (const { what, status, code, request } of badRequests(params, { publicUrl, query })) {
  Deno.test(`${what} is refused with ${status}, and nothing is recorded`, async () => {
    const { handle, reports } = open();
    const response = await handle(request());
    assert.equal(response.status, status);
    const body: { error: { code: string } } = await response.json();
    assert.equal(body.error.code, code);
    assert.deepEqual(reports, []);
  });
}

Deno.test("a signed report without MessageSid is refused with 400", async () => {
  const { MessageSid: _, ...rest } = params;
  const { handle, reports } = open();
  assert.equal((await handle(signedPost(rest, { publicUrl, query }))).status, 400);
  assert.deepEqual(reports, []);
});

Deno.test("whatever became of a report, it is acknowledged once the database has it", async () => {
  for (const outcome of ["repeated", "second_sid", "taken", "unknown_message"] as const) {
    const { handle } = open(outcome);
    assert.equal((await handle(signedPost(params, { publicUrl, query }))).status, 204);
  }
});

Deno.test("a report that was not committed is not acknowledged", async () => {
  const { handle } = open(new AppError("database_unavailable", "away", { retryable: true }));
  const response = await handle(signedPost(params, { publicUrl, query }));
  assert.equal(response.status, 503);
  assert.equal(response.headers.get("retry-after"), "1");
});
