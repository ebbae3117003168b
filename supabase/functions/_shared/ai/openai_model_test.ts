import assert from "node:assert/strict";
import type { ModelResult } from "../app/ports/model.ts";
import type { Turn } from "../domain/turn.ts";
import { createReplyModel } from "./openai_model.ts";

const apiKey = "sk-very-secret-1234567890";
const turn: Turn = {
  instructions: "Be kind.",
  locale: "en",
  model: null,
  customerName: null,
  history: [],
  messages: [{ author: "customer", kind: "text", body: "hello", media: [] }],
};
const completion = (message: Record<string, unknown>, finish_reason = "stop") => ({
  id: "chatcmpl-1",
  object: "chat.completion",
  created: 1,
  model: "served-model",
  choices: [{ index: 0, message: { role: "assistant", ...message }, finish_reason }],
  usage: { prompt_tokens: 11, completion_tokens: 7, total_tokens: 18 },
});

type Handler = (request: Request) => Response | Promise<Response>;
interface Asked {
  timeoutMs?: number;
  signal?: AbortSignal;
  turn?: Turn;
}

/** Asks a real HTTP server once, and holds the model to its one attempt. */
async function ask(handler: Handler, { timeoutMs = 5_000, signal, turn: asked = turn }: Asked = {}) {
  let calls = 0;
  const stop = new AbortController();
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {}, signal: stop.signal },
    (request) => {
      calls++;
      return handler(request);
    },
  );
  const model = createReplyModel({
    apiKey,
    baseUrl: `http://127.0.0.1:${server.addr.port}/v1`,
    model: "default-model",
  });
  const result = await model.reply(asked, { timeoutMs, signal: signal ?? new AbortController().signal });
  // Not a graceful shutdown: that would wait for handlers which never answer.
  stop.abort();
  await server.finished;
  assert.ok(calls <= 1, "no retries inside one call");
  assert.ok(!JSON.stringify(result).includes(apiKey), "the key never leaves in a result");
  return result;
}
const never = () => new Promise<Response>(() => {});
const answer = (body: unknown, init: ResponseInit = {}) => () =>
  Response.json(body, { ...init, headers: { "x-request-id": "req_1", ...init.headers } });

/** failure, retryable */
const verdict = (result: ModelResult) =>
  result.kind === "reply" ? result : [result.failure, result.retryable];

Deno.test("reply() sends one plain chat completion and gives its text and cost", async () => {
  let sent: { url: string; auth: string | null; body: unknown } | undefined;
  const result = await ask(async (request) => {
    sent = { url: request.url, auth: request.headers.get("authorization"), body: await request.json() };
    return Response.json(completion({ content: " Hi there! \n" }));
  });
  assert.ok(result.kind === "reply");
  const { latencyMs, ...usage } = result.usage;
  assert.ok(latencyMs >= 0);
  assert.deepEqual([result.body, usage], ["Hi there!", {
    model: "served-model",
    promptTokens: 11,
    completionTokens: 7,
  }]);
  assert.match(sent?.url ?? "", /\/v1\/chat\/completions$/);
  assert.equal(sent?.auth, `Bearer ${apiKey}`);
  const body = sent?.body;
  assert.ok(typeof body === "object" && body !== null && "messages" in body && Array.isArray(body.messages));
  assert.deepEqual(Object.keys(body).sort(), ["messages", "model", "stream"]);
  assert.deepEqual({ ...body, messages: body.messages.length }, {
    model: "default-model",
    stream: false,
    messages: 2,
  });
});

Deno.test("the assistant's own model goes before the deployment's", async () => {
  let model: unknown;
  await ask(async (request) => {
    model = (await request.json()).model;
    return Response.json(completion({ content: "ok" }));
  }, { turn: { ...turn, model: "assistant-model" } });
  assert.equal(model, "assistant-model");
});

Deno.test("a server that leaves out usage and model is understood", async () => {
  const result = await ask(answer({ choices: [{ message: { content: "ok" } }] }));
  assert.ok(result.kind === "reply");
  assert.deepEqual({ ...result.usage, latencyMs: 0 }, {
    model: "default-model",
    promptTokens: 0,
    completionTokens: 0,
    latencyMs: 0,
  });
});

Deno.test("each status tells whether the same turn may be answered later", async () => {
  const cases: [number, string | null, string, boolean][] = [
    [400, null, "request_rejected", false],
    [400, "context_length_exceeded", "request_rejected", false],
    [400, "content_filter", "content_refused", false],
    [401, "invalid_api_key", "request_rejected", true],
    [403, null, "request_rejected", true],
    [404, "model_not_found", "request_rejected", true],
    [408, null, "timeout", true],
    [409, null, "server_error", true],
    [422, null, "request_rejected", false],
    [429, "insufficient_quota", "rate_limited", true],
    [500, null, "server_error", true],
    [503, null, "server_error", true],
  ];
  for (const [status, code, failure, retryable] of cases) {
    const result = await ask(answer({ error: { message: `told ${apiKey}`, code, type: "x" } }, { status }));
    assert.deepEqual(verdict(result), [failure, retryable], `${status} ${code}`);
    assert.ok(result.kind === "failed" && result.requestId === "req_1");
  }
});

Deno.test("a rate limit carries what the server asks us to wait", async () => {
  const result = await ask(answer({ error: {} }, { status: 429, headers: { "retry-after": "12" } }));
  assert.ok(result.kind === "failed");
  assert.equal(result.retryAfterMs, 12_000);
});

Deno.test("an answer without a usable text is a failure of its kind, with its cost", async () => {
  const cases: [Record<string, unknown>, string, string, boolean][] = [
    [{ content: " \n" }, "stop", "empty_answer", true],
    [{ content: null }, "length", "empty_answer", true],
    [{ content: "half", refusal: null }, "content_filter", "content_refused", false],
    [{ content: null, refusal: "I cannot help with that." }, "stop", "content_refused", false],
  ];
  for (const [message, finish, failure, retryable] of cases) {
    const result = await ask(answer(completion(message, finish)));
    assert.deepEqual(verdict(result), [failure, retryable]);
    assert.ok(
      result.kind === "failed" && result.requestId === "req_1" && result.usage?.completionTokens === 7,
    );
  }
});

Deno.test("what is no completion is malformed and may be asked again", async () => {
  const headers = { "content-type": "application/json", "x-request-id": "req_1" };
  const bodies: Handler[] = [
    () => new Response("{broken", { headers }),
    () => new Response("<html>hello</html>", { headers: { ...headers, "content-type": "text/html" } }),
    () => new Response("", { headers }),
    answer({}),
    answer({ choices: [] }),
    answer({ choices: [{ message: { content: [{ type: "text" }] } }] }),
    answer(null),
  ];
  for (const body of bodies) {
    const result = await ask(body);
    assert.deepEqual(verdict(result), ["malformed_answer", true]);
    assert.ok(result.kind === "failed" && result.requestId === "req_1");
  }
});

Deno.test("silence before the head and within the body ends at the deadline", async () => {
  const stuck = new ReadableStream({ start: (body) => body.enqueue(new TextEncoder().encode('{"choices"')) });
  const headers = { "content-type": "application/json" };
  const silences: Handler[] = [never, () => new Response(stuck, { headers })];
  for (const silence of silences) {
    assert.deepEqual(verdict(await ask(silence, { timeoutMs: 150 })), ["timeout", true]);
  }
});

Deno.test("the caller's abort ends the call at once, also before it began", async () => {
  const caller = new AbortController();
  const asked = ask(() => {
    caller.abort();
    return never();
  }, { signal: caller.signal });
  assert.deepEqual(verdict(await asked), ["aborted", true]);
  const result = await ask(() => assert.fail("must not be asked"), { signal: AbortSignal.abort() });
  assert.deepEqual(verdict(result), ["aborted", true]);
});

Deno.test("a server that is away, or drops the connection, is unreachable", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const baseUrl = `http://127.0.0.1:${listener.addr.port}/v1`;
  const model = createReplyModel({ apiKey, baseUrl, model: "m" });
  const options = { timeoutMs: 2_000, signal: new AbortController().signal };
  const asked = model.reply(turn, options);
  const connection = await listener.accept();
  await connection.read(new Uint8Array(1));
  connection.close();
  assert.deepEqual(verdict(await asked), ["unreachable", true]);
  listener.close();
  assert.deepEqual(verdict(await model.reply(turn, options)), ["unreachable", true]);
});
