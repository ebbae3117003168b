import assert from "node:assert/strict";
import type { ModelResult } from "../app/ports/model.ts";
import { always, type Answering, apiKey, askOnce, serveModel, turn } from "tests/doubles/openai_server.ts";
import { apiShapes } from "tests/doubles/openai_shapes.ts";
import { createReplyModel } from "./openai_model.ts";

/** The failure and its remedy, of which nothing gives the key away. */
function verdict(result: ModelResult): [string, string] {
  assert.ok(result.kind === "failed", JSON.stringify(result));
  assert.ok(!JSON.stringify(result).includes(apiKey), "the key never leaves in a result");
  assert.ok(result.detail.length > 0 && result.detail.length <= 500 && result.detail.isWellFormed());
  return [result.failure, result.remedy];
}

const never = () => new Promise<Response>(() => {});

for (const shape of apiShapes) {
  const { api } = shape;
  const test = (what: string, run: () => Promise<void>) => Deno.test(`${api}: ${what}`, run);
  const refusal = (status: number, error: unknown, headers: Record<string, string> = {}) =>
    askOnce(shape, always({ error }, { status, headers }));

  test("each status tells what helps", async () => {
    // https://platform.openai.com/docs/guides/error-codes
    const cases: [number, string | null, string, string][] = [
      [400, null, "request_rejected", "give_up"],
      [400, "context_length_exceeded", "too_long", "shrink"],
      [400, "content_filter", "content_refused", "give_up"],
      [401, "invalid_api_key", "credentials", "wait"],
      [402, null, "quota_exhausted", "wait"],
      [403, null, "credentials", "wait"],
      [404, "model_not_found", "unavailable", "wait"],
      [408, null, "timeout", "wait"],
      [409, null, "unavailable", "wait"],
      [413, null, "too_long", "shrink"],
      [422, null, "request_rejected", "give_up"],
      [429, "insufficient_quota", "quota_exhausted", "wait"],
      [429, "rate_limit_exceeded", "rate_limited", "wait"],
      [500, null, "unavailable", "wait"],
      [503, null, "unavailable", "wait"],
      [529, "overloaded_error", "unavailable", "wait"],
    ];
    for (const [status, code, failure, remedy] of cases) {
      const result = await refusal(status, { message: `told ${apiKey}`, code, type: null, param: null });
      assert.deepEqual(verdict(result), [failure, remedy], `${status} ${code}`);
      assert.ok(result.kind === "failed" && result.requestId === "req_1");
      assert.match(result.detail, /told \[redacted\]$/);
    }
  });

  test("a rate limit carries what the server asks us to wait, in milliseconds", async () => {
    const result = await refusal(429, {}, { "retry-after": "12" });
    assert.ok(result.kind === "failed");
    assert.equal(result.retryAfterMs, 12_000);
  });

  test("details are cut, clean and without secrets, also where the secret is at the cut", async () => {
    const long = await refusal(400, { message: `${"😀".repeat(245)}${apiKey} ${"😀".repeat(300)}` });
    assert.deepEqual(verdict(long), ["request_rejected", "give_up"]);
    const odd = await refusal(400, { message: "bad \0 prompt \ud83d", code: "invalid" });
    assert.ok(odd.kind === "failed");
    assert.equal(odd.detail, "400 invalid: bad  prompt \ufffd");
    const foreign = await refusal(401, { message: "Incorrect API key provided: sk-proj-****abcd." });
    assert.ok(foreign.kind === "failed" && !foreign.detail.includes("abcd"));
    const torn = await refusal(401, { message: `told ${apiKey.slice(0, 5)}\0${apiKey.slice(5)}` });
    assert.ok(torn.kind === "failed" && torn.detail.endsWith("told [redacted]"), "NUL hides no key");
  });

  test("an error inside a 200 is the error that it says it is, with the server's words", async () => {
    const said = shape.answer({ text: "half an ans" });
    const errors: [number | string, string, string, string][] = [
      [429, "Rate limit exceeded: free-models-per-min", "rate_limited", "wait"],
      [402, "Insufficient credits", "quota_exhausted", "wait"],
      [400, "This endpoint's maximum context length is 8192 tokens", "too_long", "shrink"],
      [401, "No cookie auth credentials found", "credentials", "wait"],
      ["server_error", "The server had an error", "unavailable", "wait"],
    ];
    for (const [code, message, failure, remedy] of errors) {
      const error = { code, message };
      for (const body of [{ error }, { ...said, error }]) {
        const result = await askOnce(shape, always(body));
        assert.deepEqual(verdict(result), [failure, remedy]);
        assert.ok(result.kind === "failed" && result.detail.includes(message));
      }
    }
  });

  test("an answer that holds none is malformed, which the turn may be the reason for", async () => {
    for (const body of [{ choices: [] }, { choices: null }, { choices: [{ message: { content: 3 } }] }]) {
      const result = await askOnce(shape, always(body));
      assert.deepEqual(verdict(result), ["malformed_answer", "retry"], JSON.stringify(body));
    }
  });

  test("what no model answered is malformed and waits, a proxy's page among it", async () => {
    const page = "<!DOCTYPE html><html><head><title>Just a moment...</title></head><body></body></html>";
    const bodies = [
      "{broken",
      page,
      "",
      "null",
      '"ok"',
      {},
      [],
      "data: [DONE]",
    ];
    for (const body of bodies) {
      const result = await askOnce(shape, always(body));
      assert.deepEqual(verdict(result), ["malformed_answer", "wait"], JSON.stringify(body));
      assert.ok(result.kind === "failed" && result.requestId === "req_1");
    }
    const blocked = await askOnce(
      shape,
      always(page, { status: 400, headers: { "content-type": "text/html" } }),
    );
    assert.deepEqual(verdict(blocked), ["malformed_answer", "wait"]);
    assert.ok(blocked.kind === "failed" && blocked.detail.includes("Just a moment..."));
  });

  test("silence before the head and within the body ends at the deadline", async () => {
    const stuck = () =>
      new ReadableStream({ start: (body) => body.enqueue(new TextEncoder().encode('{"choices"')) });
    const headers = { "content-type": "application/json" };
    const silences: Answering[] = [
      never,
      () => new Response(stuck(), { headers }),
      () => new Response(stuck(), { headers, status: 500 }),
    ];
    for (const silence of silences) {
      await using served = serveModel(shape, silence);
      assert.deepEqual(verdict(await served.ask({ timeoutMs: 150 })), ["timeout", "wait"]);
    }
  });

  test("the caller's abort ends the call at once, also before it began", async () => {
    const caller = new AbortController();
    await using served = serveModel(shape, () => {
      caller.abort();
      return never();
    });
    for (let call = 0; call < 2; call++) {
      assert.deepEqual(verdict(await served.ask({ signal: caller.signal })), ["aborted", "wait"]);
    }
    assert.equal(served.calls(), 1);
  });

  test("a server that is away, or drops the connection, is unreachable", async () => {
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const baseUrl = `http://127.0.0.1:${listener.addr.port}/v1`;
    const model = createReplyModel({ api, apiKey, baseUrl, model: "m" });
    const options = { timeoutMs: 5_000, signal: new AbortController().signal };
    const asked = model.reply(turn, options);
    const connection = await listener.accept();
    await connection.read(new Uint8Array(1));
    connection.close();
    assert.deepEqual(verdict(await asked), ["unreachable", "wait"]);
    const torn = model.reply(turn, options);
    const second = await listener.accept();
    await second.read(new Uint8Array(1));
    await second.write(new TextEncoder().encode('HTTP/1.1 200 OK\r\ncontent-length: 900\r\n\r\n{"id"'));
    second.close();
    assert.deepEqual(verdict(await torn), ["unreachable", "wait"]);
    listener.close();
    assert.deepEqual(verdict(await model.reply(turn, options)), ["unreachable", "wait"]);
  });
}
