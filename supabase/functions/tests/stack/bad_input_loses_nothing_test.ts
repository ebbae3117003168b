import assert from "node:assert/strict";
import { getExpectedTwilioSignature } from "twilio/webhooks";
import { accountSid, authToken, sender, startTestStack, type TestStack } from "../fixtures/test_stack.ts";

let recado: TestStack;
let url: string;

Deno.test.beforeAll(async () => {
  recado = await startTestStack();
  url = `${recado.stack.publicFunctionsUrl}/receive-whatsapp-message`;
});
Deno.test.afterAll(async () => await recado[Symbol.asyncDispose]());

let count = 0;
const newSid = () => `SM${(++count).toString(16).padStart(32, "0")}`;

function params(changes: Record<string, string> = {}): Record<string, string> {
  return {
    MessageSid: newSid(),
    AccountSid: accountSid,
    From: "whatsapp:+5511911111111",
    To: sender,
    Body: "Olá 👋🏽 ção",
    NumMedia: "0",
    ProfileName: "",
    WaId: "5511911111111",
    ApiVersion: "2010-04-01",
    ...changes,
  };
}

interface PostOptions {
  token?: string;
  signature?: string;
  query?: string;
  body?: BodyInit;
  headers?: Record<string, string>;
}

/** Signs as Twilio does, over the public URL, and posts. */
async function post(form: Record<string, string | string[]>, options: PostOptions = {}): Promise<Response> {
  const { query = "", token = authToken } = options;
  const signature = options.signature ?? getExpectedTwilioSignature(token, url + query, form);
  const encoded = new URLSearchParams();
  for (const [name, value] of Object.entries(form)) {
    for (const each of [value].flat()) encoded.append(name, each);
  }
  return await fetch(url + query, {
    method: "POST",
    headers: {
      "content-type": "application/x-www-form-urlencoded",
      "x-twilio-signature": signature,
      ...options.headers,
    },
    body: options.body ?? encoded.toString(),
  });
}

/** The status, and how many messages and orphans the request added. */
async function outcome(request: () => Promise<Response>) {
  const stored = async () => {
    const [row] = await recado.sql`select
      (select count(*)::int from messages where direction = 'inbound') as messages,
      (select count(*)::int from orphaned_messages) as orphans`;
    return row;
  };
  const before = await stored();
  const response = await request();
  await response.body?.cancel();
  const after = await stored();
  return {
    status: response.status,
    messages: after?.messages - before?.messages,
    orphans: after?.orphans - before?.orphans,
  };
}

const refused = (status: number) => ({ status, messages: 0, orphans: 0 });
const accepted = { status: 200, messages: 1, orphans: 0 };

Deno.test("a wrong signature is refused and stores nothing", async () => {
  assert.deepEqual(await outcome(() => post(params(), { signature: "bm90IHRoaXMgb25l" })), refused(403));
  assert.deepEqual(await outcome(() => post(params(), { token: "another token" })), refused(403));
});

Deno.test("an unknown account is refused like a wrong signature", async () => {
  assert.deepEqual(await outcome(() => post(params({ AccountSid: `AC${"9".repeat(32)}` }))), refused(403));
});

Deno.test("what is no form, too large, without a MessageSid or not posted is refused with its own status", async () => {
  assert.deepEqual(
    await outcome(() => post(params(), { headers: { "content-type": "application/json" } })),
    refused(415),
  );
  assert.deepEqual(await outcome(() => post(params({ Body: "x".repeat(65 * 1024) }))), refused(413));
  const { MessageSid: _, ...rest } = params();
  assert.deepEqual(await outcome(() => post(rest)), refused(400));
  assert.deepEqual(await outcome(() => fetch(url)), refused(405));
  assert.deepEqual(await outcome(() => fetch(url, { method: "PUT", body: "x" })), refused(405));
});

Deno.test("a verified message for an unknown sender is kept as orphaned and acknowledged", async () => {
  const orphan = { status: 200, messages: 0, orphans: 1 };
  assert.deepEqual(await outcome(() => post(params({ To: "whatsapp:+19990001111" }))), orphan);
});

Deno.test("a request as Twilio shapes it is accepted: emoji, empty and repeated parameters, a query", async () => {
  assert.deepEqual(await outcome(() => post(params())), accepted);
  assert.deepEqual(await outcome(() => post({ ...params(), Extra: ["b", "a", "b"], Empty: "" })), accepted);
  const query = "?forceFunctionRegion=sa-east-1";
  assert.deepEqual(await outcome(() => post(params(), { query })), accepted);
});

Deno.test("an address with an apostrophe in its query, or a slash at its end, is ours in every spelling", async () => {
  for (const query of ["?loja=d'avo", "?loja=d%27avo(1)!*~", "/", "/?loja=d'avo"]) {
    assert.deepEqual(await outcome(() => post(params(), { query })), accepted, query);
  }
  const form = params();
  const signature = getExpectedTwilioSignature(authToken, `${url}/?loja=d'avo`, form);
  assert.deepEqual(await outcome(() => post(form, { query: "?loja=d%27avo", signature })), accepted);
  const other = { ...params(), Body: "davo" };
  assert.deepEqual(await outcome(() => post(other, { query: "?loja=davo", signature })), refused(403));
});

Deno.test("the query is part of what is signed", async () => {
  const form = params();
  const signature = getExpectedTwilioSignature(authToken, `${url}?forceFunctionRegion=sa-east-1`, form);
  assert.deepEqual(
    await outcome(() => post(form, { query: "?forceFunctionRegion=us-east-1", signature })),
    refused(403),
  );
});

Deno.test("a NUL in a text is dropped, the rest is kept", async () => {
  const form = params({ Body: "a\0b" });
  assert.deepEqual(await outcome(() => post(form)), accepted);
  const [row] = await recado.sql`select body from messages where message_sid = ${form.MessageSid ?? ""}`;
  assert.equal(row?.body, "ab");
});
