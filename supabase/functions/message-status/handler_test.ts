import assert from "node:assert/strict";
import type { RecordedStatus, StatusReport } from "../_shared/app/ports/delivery_statuses.ts";
import { AppError } from "../_shared/runtime/errors.ts";
import { keepLog } from "tests/doubles/kept_log.ts";
import { accountSid, authTokens, badRequests, messageSid, signedPost } from "tests/doubles/signed_post.ts";
import { createStatusHandler } from "./handler.ts";

const publicUrl = "https://recado.example/functions/v1/message-status";
const messageId = "11111111-2222-4333-8444-555555555555";
const query = `?message_id=${messageId}`;
const params = { MessageSid: messageSid, AccountSid: accountSid, MessageStatus: "delivered" };

function open(
  outcome: RecordedStatus["outcome"] | Error = "recorded",
  wakeSessionId: string | null = null,
) {
  const { log, ...kept } = keepLog();
  const reports: StatusReport[] = [];
  const record = (report: StatusReport) => {
    reports.push(report);
    return outcome instanceof Error ? Promise.reject(outcome) : Promise.resolve({ outcome, wakeSessionId });
  };
  const responded: string[] = [];
  const work: Promise<unknown>[] = [];
  const respond = (sessionId: string) => {
    responded.push(sessionId);
    return sessionId === "broken" ? Promise.reject(new Error("away")) : Promise.resolve();
  };
  const deps = { deliveryStatuses: { record }, authTokens, publicUrl, log };
  return {
    ...kept,
    reports,
    responded,
    work,
    handle: createStatusHandler({ ...deps, respond, waitUntil: (promise) => work.push(promise) }),
  };
}

Deno.test("a signed report is recorded under the row that its address names", async () => {
  const { handle, reports } = open();
  const failed = { ...params, MessageStatus: "undelivered", ErrorCode: "63016" };
  const response = await handle(signedPost(failed, { publicUrl, query }));
  assert.equal(response.status, 204);
  assert.equal(await response.text(), "");
  assert.deepEqual(reports, [
    { accountSid, messageId, messageSid, status: "undelivered", errorCode: 63016, mayPass: false },
  ]);
});

Deno.test("a report says whether what failed may go later", async () => {
  const { handle, reports } = open();
  for (const code of ["63018", "21701", "63024", "12345", ""]) {
    const failed = { ...params, MessageStatus: "failed", ErrorCode: code };
    assert.equal((await handle(signedPost(failed, { publicUrl, query }))).status, 204);
  }
  assert.deepEqual(reports.map(({ mayPass }) => mayPass), [true, true, false, false, false]);
});

Deno.test("an error code that comes after its status is given on", async () => {
  const { handle, reports } = open();
  const undelivered = { ...params, MessageStatus: "undelivered" };
  await handle(signedPost(undelivered, { publicUrl, query }));
  await handle(signedPost({ ...undelivered, ErrorCode: "63032" }, { publicUrl, query }));
  assert.deepEqual(reports.map(({ status, errorCode }) => [status, errorCode]), [
    ["undelivered", null],
    ["undelivered", 63032],
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

Deno.test("a session that waited for this report goes on, after the acknowledgement", async () => {
  const { handle, responded, work } = open("recorded", "session-1");
  assert.equal((await handle(signedPost(params, { publicUrl, query }))).status, 204);
  assert.deepEqual(responded, ["session-1"]);
  assert.equal(work.length, 1);
});

Deno.test("trouble of a session that goes on is logged, and the report stays acknowledged", async () => {
  const { handle, work, line } = open("recorded", "broken");
  assert.equal((await handle(signedPost(params, { publicUrl, query }))).status, 204);
  await Promise.all(work);
  assert.equal(line("response.failed").session_id, "broken");
});

Deno.test("a report that was not committed is not acknowledged", async () => {
  const { handle } = open(new AppError("database_unavailable", "away", { retryable: true }));
  const response = await handle(signedPost(params, { publicUrl, query }));
  assert.equal(response.status, 503);
  assert.equal(response.headers.get("retry-after"), "1");
});
