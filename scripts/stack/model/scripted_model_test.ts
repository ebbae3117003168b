import assert from "node:assert/strict";
import { type ModelBehaviour, startScriptedModel } from "./scripted_model.ts";

/** Over a kept connection that breaks, `fetch` would ask twice. */
const client = Deno.createHttpClient({ poolMaxIdlePerHost: 0 });

function ask(url: string, content: string, signal?: AbortSignal): Promise<Response> {
  return fetch(`${url}/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ model: "gpt-test", messages: [{ role: "user", content }] }),
    client,
    ...(signal && { signal }),
  });
}

async function withModel(behaviours: ModelBehaviour[], run: (url: string) => Promise<void>): Promise<void> {
  const model = await startScriptedModel();
  model.next(...behaviours);
  try {
    await run(model.url);
  } finally {
    await model.stop();
  }
}

Deno.test("an answer has the shape of a chat completion, and the call is kept", async () => {
  const model = await startScriptedModel();
  const response = await ask(model.url, "Oi, quanto custa?");
  const completion = await response.json();
  assert.match(response.headers.get("x-request-id") ?? "", /^req_/);
  assert.match(completion.id, /^chatcmpl-/);
  assert.equal(completion.choices[0].finish_reason, "stop");
  const { prompt_tokens, completion_tokens, total_tokens } = completion.usage;
  assert.equal(total_tokens, prompt_tokens + completion_tokens);
  const [call] = await model.called(1);
  assert.deepEqual(call?.messages, [{ role: "user", text: "Oi, quanto custa?" }]);
  await model.stop();
});

Deno.test("behaviours are used up in their order, then it answers as usual", async () => {
  const behaviours: ModelBehaviour[] = [
    { kind: "rate_limited", retryAfterSeconds: 2 },
    { kind: "server_error" },
    { kind: "request_rejected" },
    { kind: "say", text: "Pronto." },
  ];
  await withModel(behaviours, async (url) => {
    const seen = [];
    for (let call = 0; call < 5; call++) {
      const response = await ask(url, "Oi");
      seen.push(response.status);
      if (call === 0) assert.equal(response.headers.get("retry-after"), "2");
      await response.body?.cancel();
    }
    assert.deepEqual(seen, [429, 500, 400, 200, 200]);
  });
});

Deno.test("content can be empty, filtered or refused", async () => {
  await withModel(
    [{ kind: "empty_answer" }, { kind: "content_filter" }, { kind: "refusal" }],
    async (url) => {
      const choices = [];
      for (let call = 0; call < 3; call++) choices.push((await (await ask(url, "Oi")).json()).choices[0]);
      assert.equal(choices[0].message.content, "");
      assert.equal(choices[1].finish_reason, "content_filter");
      assert.deepEqual([choices[2].message.content, typeof choices[2].message.refusal], [null, "string"]);
    },
  );
});

Deno.test("an answer can be torn, reset or never come", async () => {
  await withModel([{ kind: "malformed_answer" }, { kind: "reset" }, { kind: "hang" }], async (url) => {
    await assert.rejects((await ask(url, "Oi")).json(), SyntaxError);
    await assert.rejects(ask(url, "Oi"), TypeError);
    await assert.rejects(ask(url, "Oi", AbortSignal.timeout(100)), { name: "TimeoutError" });
  });
});
