import assert from "node:assert/strict";
import { errorResponse, HttpError, json, readText, requestIdOf } from "./http.ts";

function post(body: BodyInit, headers: HeadersInit = {}): Request {
  return new Request("http://function.internal/", { method: "POST", body, headers });
}

/** Chunks that arrive one by one; `sent` counts how many were asked for. */
function streamed(chunks: Uint8Array<ArrayBuffer>[]) {
  const counter = { sent: 0, canceled: false };
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull(controller) {
      const chunk = chunks[counter.sent++];
      if (chunk) controller.enqueue(chunk);
      else controller.close();
    },
    cancel() {
      counter.canceled = true;
    },
  }, { highWaterMark: 0 });
  return { counter, request: post(body) };
}

Deno.test("readText() gives back a body of up to the limit", async () => {
  assert.equal(await readText(post("a".repeat(100)), 100), "a".repeat(100));
  assert.equal(await readText(post(""), 100), "");
  assert.equal(await readText(new Request("http://function.internal/", { method: "POST" }), 100), "");
});

Deno.test("readText() counts bytes, not characters", async () => {
  assert.equal(await readText(post("é".repeat(50)), 100), "é".repeat(50));
  await assert.rejects(readText(post("é".repeat(51)), 100), { status: 413, code: "body_too_large" });
});

Deno.test("readText() refuses by content-length without reading", async () => {
  const { counter, request } = streamed([new Uint8Array(10)]);
  request.headers.set("content-length", "101");
  await assert.rejects(readText(request, 100), { status: 413 });
  assert.equal(counter.sent, 0);
});

Deno.test("readText() does not trust a content-length that is too small or none at all", async () => {
  for (const length of ["1", "none", "-5"]) {
    const { request } = streamed([new Uint8Array(60), new Uint8Array(60)]);
    request.headers.set("content-length", length);
    await assert.rejects(readText(request, 100), { status: 413 });
  }
});

Deno.test("readText() stops reading a stream as soon as it is past the limit", async () => {
  const { counter, request } = streamed(Array.from({ length: 1_000 }, () => new Uint8Array(60)));
  await assert.rejects(readText(request, 100), { status: 413 });
  assert.ok(counter.sent <= 3, `${counter.sent} chunks were read`);
  assert.equal(counter.canceled, true);
});

Deno.test("readText() joins characters that were cut between chunks", async () => {
  const bytes = new TextEncoder().encode("Olá 👩🏽‍💻!");
  const { request } = streamed([...bytes].map((byte) => Uint8Array.of(byte)));
  assert.equal(await readText(request, 100), "Olá 👩🏽‍💻!");
});

Deno.test("readText() refuses what is not UTF-8", async () => {
  await assert.rejects(readText(post(Uint8Array.of(0x42, 0xff, 0xfe)), 100), {
    status: 400,
    code: "body_not_utf8",
  });
});

Deno.test("a request keeps the id that the gateway gave it, and gets one of ours else", () => {
  const of = (headers: HeadersInit) => requestIdOf(post("", headers));
  assert.equal(of({ "sb-request-id": "sb", "x-request-id": "x" }), "sb");
  assert.equal(of({ "x-request-id": "x" }), "x");
  assert.match(of({}), /^[0-9a-f-]{36}$/);
});

Deno.test("an error is answered with its code, its message and the request's id, never with its cause", async () => {
  const error = new HttpError(409, "conflict", "Somebody was faster.", new Error("secret"));
  const response = errorResponse(error, "r-1", { allow: "POST" });
  assert.equal(response.status, 409);
  assert.equal(response.headers.get("allow"), "POST");
  assert.deepEqual(await response.json(), {
    error: { code: "conflict", message: "Somebody was faster.", request_id: "r-1" },
  });
});

Deno.test("json() says what it is", async () => {
  const response = json(200, { stalled: 0 });
  assert.equal(response.headers.get("content-type"), "application/json; charset=utf-8");
  assert.deepEqual(await response.json(), { stalled: 0 });
});

Deno.test("only a refusal for our own reasons is worth another try", () => {
  assert.equal(new HttpError(503, "away", "").retryable, true);
  assert.equal(new HttpError(403, "no", "").retryable, false);
});
