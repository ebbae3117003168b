import { Secret } from "../runtime/secret.ts";
import assert from "node:assert/strict";
import type { OutboundMessage, SendResult } from "../app/ports/messaging.ts";
import { createMessagingApi } from "./messaging_api.ts";
import {
  closedPort,
  hanging,
  json,
  type RawServer,
  replying,
  resetting,
  serveRaw,
} from "tests/doubles/raw_server.ts";

const token = "very-secret-token-4f2e";
const sid = "SM" + "ab".repeat(16);
const message: OutboundMessage = {
  accountSid: "AC00000000000000000000000000000001",
  from: "whatsapp:+14155238886",
  to: "whatsapp:US.13491208655302741918",
  messagingServiceSid: null,
  content: { body: "Olá 👋 & até já" },
  statusCallback: "https://x.supabase.co/functions/v1/message-status?message_id=1",
};
const created = json("201 Created", { sid, status: "queued", error_code: null });

const mayStart = () => true;
const notStarted = { kind: "postponed", reason: "not_started", retryAfterMs: 2_000, errorCode: null };

async function sendTo(server: RawServer | string, timeoutMs = 5_000, changes: Partial<OutboundMessage> = {}) {
  const baseUrl = typeof server === "string" ? server : server.baseUrl;
  const now = () => new Date("2026-01-01T00:00:00Z");
  const api = createMessagingApi({ baseUrl, now, authToken: () => Promise.resolve(new Secret(token)) });
  const result = await api.createMessage({ ...message, ...changes }, { timeoutMs, mayStart });
  assert.ok(!JSON.stringify(result).includes(token), "the token never leaves in a result");
  return result;
}

async function answeredWith(response: string): Promise<SendResult> {
  await using server = serveRaw(replying(response));
  const result = await sendTo(server);
  assert.equal(server.received.length, 1, "posted exactly once");
  return result;
}

/** The result without its prose. */
function gist({ ...result }: SendResult): Record<string, unknown> {
  return Object.fromEntries(Object.entries(result).filter(([name]) => name !== "detail"));
}
const unknown = (reason: string, httpStatus: number | null = null) => ({
  kind: "unknown",
  reason,
  httpStatus,
});

Deno.test("createMessage() posts Twilio's form once with the account's token", async () => {
  await using server = serveRaw(replying(created));
  assert.deepEqual(await sendTo(server), { kind: "accepted", messageSid: sid, status: "queued" });
  const [head = "", body = ""] = server.received[0]?.split("\r\n\r\n") ?? [];
  assert.match(head, /^POST \/2010-04-01\/Accounts\/AC00000000000000000000000000000001\/Messages\.json HTTP/);
  assert.match(head, /content-type: application\/x-www-form-urlencoded/i);
  assert.ok(head.includes(`Basic ${btoa(`${message.accountSid}:${token}`)}`));
  assert.deepEqual(Object.fromEntries(new URLSearchParams(body)), {
    To: message.to,
    From: message.from,
    Body: "Olá 👋 & até já",
    StatusCallback: message.statusCallback,
  });
});

Deno.test("createMessage() sends templates, and names the sender to a Messaging Service too", async () => {
  await using server = serveRaw(replying(created));
  const content = { contentSid: "HX1", contentVariables: { 1: "Zoë" } };
  await sendTo(server, 5_000, { content, messagingServiceSid: "MG1" });
  const form = Object.fromEntries(new URLSearchParams(server.received[0]?.split("\r\n\r\n")[1] ?? ""));
  assert.deepEqual(form, {
    To: message.to,
    From: message.from,
    MessagingServiceSid: "MG1",
    ContentSid: "HX1",
    ContentVariables: '{"1":"Zoë"}',
    StatusCallback: message.statusCallback,
  });
});

Deno.test("a SID is taken even with a status that is not known", async () => {
  const answer = json("201 Created", { sid, status: "teleporting" });
  assert.deepEqual(await answeredWith(answer), { kind: "accepted", messageSid: sid, status: "accepted" });
});

Deno.test("429 is postponed by Retry-After in seconds, as a date, or by a second", async () => {
  const body = { code: 20429, message: "Too Many Requests", status: 429 };
  const waits: [Record<string, string>, number][] = [
    [{ "retry-after": "3" }, 3_000],
    [{ "retry-after": "Thu, 01 Jan 2026 00:00:10 GMT" }, 10_000],
    [{}, 1_000],
  ];
  for (const [headers, retryAfterMs] of waits) {
    const result = await answeredWith(json("429 Too Many Requests", body, headers));
    assert.deepEqual(gist(result), {
      kind: "postponed",
      reason: "rate_limited",
      retryAfterMs,
      errorCode: 20429,
    });
  }
});

Deno.test("other 4xx fail with Twilio's code and without the customer's number", async () => {
  const body = { code: 21211, message: "The 'To' number whatsapp:+5511987654321 is not valid.", status: 400 };
  const result = await answeredWith(json("400 Bad Request", body));
  assert.deepEqual(result, {
    kind: "failed",
    errorCode: 21211,
    httpStatus: 400,
    detail: "The 'To' number whatsapp:…4321 is not valid.",
  });
  assert.deepEqual(gist(await answeredWith("HTTP/1.1 404 Not Found\r\ncontent-length: 4\r\n\r\noops")), {
    kind: "failed",
    errorCode: null,
    httpStatus: 404,
  });
});

Deno.test("a 4xx whose body broke off is still a refusal", async () => {
  const result = await answeredWith("HTTP/1.1 400 Bad Request\r\ncontent-length: 99\r\n\r\n{");
  assert.deepEqual(gist(result), { kind: "failed", errorCode: null, httpStatus: 400 });
});

Deno.test("5xx, 408, redirects and a 2xx without a SID are unknown", async () => {
  assert.deepEqual(gist(await answeredWith(json("503 Busy", {}))), unknown("server_error", 503));
  assert.deepEqual(gist(await answeredWith(json("408 Request Timeout", {}))), unknown("timeout", 408));
  for (const body of [{}, { sid: null }, { sid: 7 }, [], "text"]) {
    assert.deepEqual(gist(await answeredWith(json("201 Created", body))), unknown("malformed_answer", 201));
  }
  const redirect = await answeredWith(json("307 Moved", {}, { location: "/elsewhere" }));
  assert.deepEqual(gist(redirect), unknown("malformed_answer", 307));
});

Deno.test("a refused connection is postponed: nothing was sent", async () => {
  const result = await sendTo(await closedPort());
  const expected = { kind: "postponed", reason: "connection_refused", retryAfterMs: 2_000, errorCode: null };
  assert.deepEqual(gist(result), expected);
});

Deno.test("a connection closed or reset at any moment is unknown", async () => {
  const accident = async (server: RawServer) => {
    await using running = server;
    return gist(await sendTo(running));
  };
  assert.deepEqual(await accident(serveRaw((connection) => connection.close())), unknown("connection_lost"));
  assert.deepEqual(await accident(serveRaw(resetting)), unknown("connection_lost"));
  assert.deepEqual(await accident(serveRaw(replying(null))), unknown("connection_lost"));
  assert.deepEqual(await accident(serveRaw(replying("HTTP/1.1 201 Crea"))), unknown("connection_lost"));
  assert.deepEqual(await accident(serveRaw(replying("no http at all\r\n\r\n"))), unknown("connection_lost"));
  assert.deepEqual(
    await accident(serveRaw(replying(created.slice(0, -10)))),
    unknown("connection_lost", 201),
  );
});

Deno.test("silence before, in and after the head ends at the deadline as unknown", async () => {
  const head = created.slice(0, created.indexOf("\r\n\r\n") + 4);
  for (
    const [start, status] of [["", null], ["HTTP/1.1 20", null], [head, 201], [
      created.slice(0, -5),
      201,
    ]] as const
  ) {
    await using server = serveRaw(hanging(start));
    assert.deepEqual(gist(await sendTo(server, 150)), unknown("timeout", status));
    assert.equal(server.received.length, 1);
  }
});

Deno.test("the messages of both the edge runtime's and later Denos are understood", async () => {
  const refused = "error sending request for url (https://api.twilio.com/x): client error (Connect): ";
  const cases: [Error, string][] = [
    [new TypeError(`${refused}tcp connect error: Connection refused (os error 111)`), "postponed"],
    [
      new TypeError("fetch failed", { cause: new Error(`${refused}dns error: failed to lookup address`) }),
      "postponed",
    ],
    [new TypeError(`${refused}tcp connect error: Connection reset by peer (os error 104)`), "unknown"],
    [new TypeError("client error (SendRequest): connection error: Connection refused"), "unknown"],
    [new TypeError(`${refused}tls handshake eof`), "unknown"],
  ];
  for (const [error, kind] of cases) {
    const options = {
      baseUrl: "https://api.twilio.com",
      authToken: () => Promise.resolve(new Secret(token)),
    };
    const api = createMessagingApi({ ...options, fetch: () => Promise.reject(error) });
    assert.equal(
      (await api.createMessage(message, { timeoutMs: 1_000, mayStart })).kind,
      kind,
      error.message,
    );
  }
});

Deno.test("without a token, or without one in time, nothing is posted", async () => {
  await using server = serveRaw(replying(created));
  for (
    const authToken of [() => Promise.reject(new Error("database away")), () => new Promise<Secret>(() => {})]
  ) {
    const api = createMessagingApi({ baseUrl: server.baseUrl, authToken });
    assert.deepEqual(gist(await api.createMessage(message, { timeoutMs: 50, mayStart })), notStarted);
  }
  assert.equal(server.received.length, 0);
});

Deno.test("mayStart is asked last, and its no keeps the request from leaving", async () => {
  await using server = serveRaw(replying(created));
  const order: string[] = [];
  const authToken = () => Promise.resolve(new Secret(token)).finally(() => order.push("token"));
  const api = createMessagingApi({ baseUrl: server.baseUrl, authToken });
  const tooLate = () => {
    order.push("mayStart");
    return false;
  };
  assert.deepEqual(
    gist(await api.createMessage(message, { timeoutMs: 1_000, mayStart: tooLate })),
    notStarted,
  );
  assert.deepEqual(order, ["token", "mayStart"]);
  assert.equal(server.received.length, 0);
});

Deno.test("a server that echoes the credentials does not get them into the result", async () => {
  const basic = btoa(`${message.accountSid}:${token}`);
  const result = await answeredWith(
    json("401 Unauthorized", { code: 20003, message: `bad ${token} ${basic}` }),
  );
  assert.deepEqual(result, {
    kind: "postponed",
    reason: "configuration",
    retryAfterMs: 60_000,
    errorCode: 20003,
    detail: "bad [redacted] [redacted]",
  });
});

Deno.test("a base URL that is none is refused when the client is made", () => {
  for (const baseUrl of ["", "api.twilio.com", "ftp://x", "https://u:p@x", "https://x?y"]) {
    const authToken = () => Promise.resolve(new Secret(token));
    assert.throws(() => createMessagingApi({ baseUrl, authToken }), { code: "twilio_base_url_malformed" });
  }
});
