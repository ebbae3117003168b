import { Secret } from "../runtime/secret.ts";
import assert from "node:assert/strict";
import { createMessagingApi } from "./messaging_api.ts";
import { closedPort, hanging, serveRaw } from "tests/doubles/raw_server.ts";

const accountSid = "AC00000000000000000000000000000001";
const to = "whatsapp:+5511987654321";
const from = "whatsapp:+14155238886";
const since = new Date("2026-01-01T12:00:00Z");
const authToken = () => Promise.resolve(new Secret("token"));

/** A message in the form of Twilio's OpenAPI document, created `minutes` after `since`. */
const listed = (name: string, minutes: number, changes: Record<string, unknown> = {}) => ({
  account_sid: accountSid,
  api_version: "2010-04-01",
  body: `body of ${name}`,
  date_created: new Date(since.getTime() + minutes * 60_000).toUTCString().replace("GMT", "+0000"),
  date_sent: null,
  date_updated: "Thu, 01 Jan 2026 12:00:00 +0000",
  direction: "outbound-api",
  error_code: null,
  error_message: null,
  from,
  messaging_service_sid: null,
  num_media: "0",
  num_segments: "1",
  price: null,
  price_unit: "USD",
  sid: name,
  status: "queued",
  subresource_uris: {},
  to,
  uri: `/2010-04-01/Accounts/${accountSid}/Messages/${name}.json`,
  ...changes,
});

function serve(respond: (url: URL) => unknown) {
  const urls: URL[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
    const url = new URL(request.url);
    urls.push(url);
    const answer = respond(url);
    return answer instanceof Response ? answer : Response.json(answer);
  });
  const api = createMessagingApi({ baseUrl: `http://127.0.0.1:${server.addr.port}`, authToken, pageSize: 2 });
  const list = (sender: string | null = from) =>
    api.listMessages({ accountSid, to, from: sender, since }, { timeoutMs: 5_000 });
  return { urls, list, [Symbol.asyncDispose]: () => server.shutdown() };
}

Deno.test("listMessages() asks by To and From, never by date, and gives outbound messages newest first", async () => {
  const messages = [
    listed("SM2", 2, { status: "failed", error_code: 63016, from: null }),
    listed("SM3", 3, { direction: "inbound", status: "received" }),
    listed("SM1", 1, { status: "partially_delivered", body: null }),
    listed("SM4", 4),
  ];
  await using twilio = serve(() => ({ messages, next_page_uri: null, page: 0 }));
  const found = await twilio.list();
  assert.deepEqual(found.map(({ messageSid }) => messageSid), ["SM4", "SM2", "SM1"]);
  assert.deepEqual(found[1], {
    messageSid: "SM2",
    body: "body of SM2",
    from: null,
    to,
    status: "failed",
    errorCode: 63016,
    createdAt: new Date("2026-01-01T12:02:00Z"),
  });
  assert.deepEqual([found[2]?.status, found[2]?.body], ["accepted", ""]);
  assert.deepEqual(Object.fromEntries(twilio.urls[0]?.searchParams ?? []), {
    To: to,
    From: from,
    PageSize: "2",
  });
  assert.equal(twilio.urls[0]?.pathname, `/2010-04-01/Accounts/${accountSid}/Messages.json`);
});

Deno.test("listMessages() asks by To alone where a Messaging Service chose the sender", async () => {
  await using twilio = serve(() => ({ messages: [] }));
  assert.deepEqual(await twilio.list(null), []);
  assert.deepEqual(Object.fromEntries(twilio.urls[0]?.searchParams ?? []), { To: to, PageSize: "2" });
});

Deno.test("listMessages() follows the pages back to `since` and no further", async () => {
  const pages = [[listed("SM5", 5), listed("SM4", 4)], [listed("SM3", 3), listed("SM0", -1)], [
    listed("SMx", 9),
  ]];
  await using twilio = serve((url) => {
    const page = Number(url.searchParams.get("Page") ?? 0);
    const next_page_uri = `${url.pathname}?To=${encodeURIComponent(to)}&PageSize=2&Page=${
      page + 1
    }&PageToken=PASM`;
    return { messages: pages[page], next_page_uri };
  });
  assert.deepEqual((await twilio.list()).map(({ messageSid }) => messageSid), ["SM5", "SM4", "SM3"]);
  assert.equal(twilio.urls.length, 2);
});

Deno.test("listMessages() would rather fail than give half a list", async () => {
  await using twilio = serve((url) => ({
    messages: [listed("SM1", 1)],
    next_page_uri: url.pathname + "?Page=1",
  }));
  await assert.rejects(twilio.list(), { code: "twilio_list_too_long" });
});

Deno.test("listMessages() takes its credentials to no other server", async () => {
  for (
    const next_page_uri of ["https://evil.example/x", "//evil.example/x", "/\\evil.example", "@evil.example/"]
  ) {
    await using twilio = serve(() => ({ messages: [], next_page_uri }));
    await assert.rejects(twilio.list(), { code: "twilio_malformed" });
    assert.equal(twilio.urls.length, 1);
  }
});

Deno.test("listMessages() tells what went wrong by code and whether to ask again", async () => {
  const cases: [Response | unknown, string, boolean][] = [
    [new Response("{}", { status: 503 }), "twilio_rejected", true],
    [new Response("{}", { status: 429 }), "twilio_rejected", true],
    [new Response("{}", { status: 401 }), "twilio_rejected", false],
    [new Response("<html>"), "twilio_malformed", true],
    [{ messages: [{ sid: "SM1" }] }, "twilio_malformed", true],
    [{ messages: [listed("SM1", 1, { date_created: "yesterday" })] }, "twilio_malformed", true],
  ];
  for (const [answer, code, retryable] of cases) {
    await using twilio = serve(() => answer);
    await assert.rejects(twilio.list(), { name: "AppError", code, retryable });
  }
});

Deno.test("listMessages() fails retryably when Twilio is away or silent", async () => {
  const query = { accountSid, to, from, since };
  const away = createMessagingApi({ baseUrl: await closedPort(), authToken });
  await assert.rejects(away.listMessages(query, { timeoutMs: 1_000 }), {
    code: "twilio_unreachable",
    retryable: true,
  });
  await using silent = serveRaw(hanging("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{"));
  const api = createMessagingApi({ baseUrl: silent.baseUrl, authToken });
  await assert.rejects(api.listMessages(query, { timeoutMs: 100 }), {
    code: "twilio_timeout",
    retryable: true,
  });
});
