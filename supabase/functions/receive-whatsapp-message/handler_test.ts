import assert from "node:assert/strict";
import type { InboundMessage, IngestResult } from "../_shared/app/ports/inbox.ts";
import { AppError } from "../_shared/runtime/errors.ts";
import { keepLog } from "tests/doubles/kept_log.ts";
import { accountSid, authTokens, badRequests, messageSid, signedPost } from "tests/doubles/signed_post.ts";
import { createReceiveHandler, type ReceiveDeps } from "./handler.ts";

const publicUrl = "https://recado.example/functions/v1/receive-whatsapp-message";
const params = {
  MessageSid: messageSid,
  AccountSid: accountSid,
  From: "whatsapp:+5511999991234",
  To: "whatsapp:+14155238886",
  Body: "Olá, tudo bem? 👋🏽",
  NumMedia: "0",
  ProfileName: "",
};
const ids = { messageId: "m", sessionId: "s", conversationId: "c" };

function open(result: IngestResult | Error, given: Partial<ReceiveDeps> = {}) {
  const { log, ...kept } = keepLog();
  const stored: InboundMessage[] = [];
  const responses: string[] = [];
  const background: Promise<unknown>[] = [];
  const handle = createReceiveHandler({
    inbox: {
      ingest: (message) => {
        stored.push(message);
        return result instanceof Error ? Promise.reject(result) : Promise.resolve(result);
      },
    },
    authTokens,
    publicUrl,
    respond: (sessionId) => {
      responses.push(sessionId);
      return Promise.resolve();
    },
    waitUntil: (work) => background.push(work),
    log,
    ...given,
  });
  return { ...kept, handle, stored, responses, background };
}

const accepted: IngestResult = { outcome: "accepted", ...ids, lockOwner: null, waitMs: 4_000 };
const good = () => signedPost(params, { publicUrl });

Deno.test("a signed message is stored with everything Twilio sent and acknowledged as empty TwiML", async () => {
  const { handle, stored } = open(accepted);
  const response = await handle(good());
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("content-type"), "text/xml; charset=utf-8");
  assert.equal(await response.text(), "<Response/>");
  assert.equal(stored.length, 1);
  assert.equal(stored[0]?.messageSid, messageSid);
  assert.equal(stored[0]?.from, params.From);
  assert.deepEqual(stored[0]?.content, { kind: "text", body: params.Body, media: [] });
  assert.deepEqual(stored[0]?.params, params);
});

Deno.test("what Twilio signed with a query is accepted with that query only", async () => {
  const { handle } = open(accepted);
  const query = "?forceFunctionRegion=sa-east-1";
  assert.equal((await handle(signedPost(params, { publicUrl, query }))).status, 200);
  const other = signedPost(params, { publicUrl, query });
  const moved = new Request("http://function.internal/?forceFunctionRegion=us-east-1", other);
  assert.equal((await handle(moved)).status, 403);
});

for (const { what, status, code, request } of badRequests(params, { publicUrl })) {
  Deno.test(`${what} is refused with ${status}, and nothing is stored`, async () => {
    const { handle, stored, responses } = open(accepted);
    const response = await handle(request());
    assert.equal(response.status, status);
    const body: { error: { code: string } } = await response.json();
    assert.equal(body.error.code, code);
    assert.deepEqual([stored, responses], [[], []]);
  });
}

Deno.test("a signature for another address is refused like any other, and the log names the address", async () => {
  const { handle, line } = open(accepted);
  const signing = { publicUrl: publicUrl.replace("recado.example", "old.example") };
  const request = signedPost(params, signing);
  request.headers.set("x-forwarded-host", "old.example");
  const moved = await handle(request);
  const forged = await handle(signedPost(params, { publicUrl, token: "another" }));
  const bodies = await Promise.all([moved, forged].map((answer) => answer.json()));
  assert.deepEqual(
    [moved.status, { ...bodies[0].error, request_id: "" }],
    [forged.status, { ...bodies[1].error, request_id: "" }],
  );
  assert.equal(line("request.refused").reason, "signed_for_request_host");
  assert.ok(String(line("request.refused").hint).includes(signing.publicUrl));
});

for (const name of ["MessageSid", "From", "To"] as const) {
  Deno.test(`a signed request without ${name} is refused with 400`, async () => {
    const { [name]: _, ...rest } = params;
    const { handle, stored } = open(accepted);
    assert.equal((await handle(signedPost(rest, { publicUrl }))).status, 400);
    assert.deepEqual(stored, []);
  });
}

const failures = [
  { error: new AppError("database_unavailable", "away", { retryable: true }), status: 503 },
  { error: new AppError("database_refused", "no such function"), status: 500 },
  { error: new TypeError("x is undefined"), status: 500 },
];

for (const { error, status } of failures) {
  Deno.test(`a message that was not committed is never acknowledged: ${error.message} gives ${status}`, async () => {
    const { handle, responses } = open(error);
    const response = await handle(good());
    assert.equal(response.status, status);
    assert.equal(response.headers.get("retry-after"), status === 503 ? "1" : null);
    assert.deepEqual(responses, []);
  });
}

Deno.test("while the accounts cannot be read Twilio is asked to come back", async () => {
  const away = new AppError("database_unavailable", "away", { retryable: true });
  const { handle, stored } = open(accepted, { authTokens: { find: () => Promise.reject(away) } });
  assert.equal((await handle(good())).status, 503);
  assert.deepEqual(stored, []);
});

const quiet: IngestResult[] = [
  { outcome: "duplicate", ...ids, lockOwner: null, waitMs: 4_000 },
  { outcome: "accepted", ...ids, lockOwner: "another", waitMs: 4_000 },
  { outcome: "handoff", ...ids, lockOwner: null, waitMs: 4_000 },
  { outcome: "opted_out", ...ids, lockOwner: null, waitMs: 4_000 },
  { outcome: "orphaned" },
];

for (const result of quiet) {
  const held = "lockOwner" in result && result.lockOwner ? " under a live lock" : "";
  Deno.test(`${result.outcome}${held} is acknowledged, and nobody responds`, async () => {
    const { handle, responses, background } = open(result);
    const response = await handle(good());
    assert.equal(response.status, 200);
    assert.equal(await response.text(), "<Response/>");
    assert.deepEqual([responses, background], [[], []]);
  });
}

Deno.test("an accepted message is answered in the background, which the acknowledgement does not wait for", async () => {
  const answering = Promise.withResolvers<void>();
  let answered = false;
  const { handle, background } = open(accepted, {
    respond: async () => {
      await answering.promise;
      answered = true;
    },
  });
  assert.equal((await handle(good())).status, 200);
  assert.equal(answered, false);
  assert.equal(background.length, 1);
  answering.resolve();
  await Promise.all(background);
  assert.equal(answered, true);
});

Deno.test("a response that fails is logged with its session and ends no worker", async () => {
  const { handle, background, line } = open(accepted, { respond: () => Promise.reject(new Error("broken")) });
  assert.equal((await handle(good())).status, 200);
  await Promise.all(background);
  assert.equal(line("response.failed").level, "error");
  assert.equal(line("response.failed").session_id, "s");
});
