import assert from "node:assert/strict";
import { type ModelBehaviour, type ScriptedModel, startScriptedModel } from "./scripted_model.ts";

/** Over a kept connection that breaks, `fetch` would ask twice. */
const client = Deno.createHttpClient({ poolMaxIdlePerHost: 0 });

/** How each API is asked, and what of its answer is looked at. */
const apis = [
  {
    name: "chat",
    path: "/chat/completions",
    request: (content: string) => ({ messages: [{ role: "user", content }] }),
    id: /^chatcmpl-/,
    read: async (response: Response) => {
      const { id, choices: [choice], usage } = await response.json();
      const { content, refusal } = choice.message;
      const tokens = [usage.prompt_tokens, usage.completion_tokens, usage.total_tokens];
      return { id, said: { text: content ?? "", refusal, end: choice.finish_reason }, tokens };
    },
    ends: { well: "stop", filtered: "content_filter" },
  },
  {
    name: "responses",
    path: "/responses",
    request: (content: string) => ({
      input: [{ role: "user", content: [{ type: "input_text", text: content }] }],
    }),
    id: /^resp_/,
    read: async (response: Response) => {
      const { id, output: [{ content: [part] }], status, incomplete_details, usage } = await response.json();
      const end = incomplete_details?.reason ?? status;
      const tokens = [usage.input_tokens, usage.output_tokens, usage.total_tokens];
      return { id, said: { text: part.text ?? "", refusal: part.refusal ?? null, end }, tokens };
    },
    ends: { well: "completed", filtered: "content_filter" },
  },
];

for (const { name, path, request, id, read, ends } of apis) {
  const ask = (model: ScriptedModel, content: string, signal?: AbortSignal): Promise<Response> =>
    fetch(model.url + path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ model: "gpt-test", ...request(content) }),
      client,
      ...(signal && { signal }),
    });

  const test = (what: string, behaviours: ModelBehaviour[], run: (model: ScriptedModel) => Promise<void>) =>
    Deno.test(`${name}: ${what}`, async () => {
      const model = await startScriptedModel();
      model.next(...behaviours);
      try {
        await run(model);
      } finally {
        await model.stop();
      }
    });

  test("an answer has the shape of its API, and the call is kept", [], async (model) => {
    const response = await ask(model, "Oi, quanto custa?");
    assert.match(response.headers.get("x-request-id") ?? "", /^req_/);
    const answer = await read(response);
    assert.match(answer.id, id);
    assert.match(answer.said.text, /R\$ 95/);
    assert.equal(answer.said.end, ends.well);
    const [asked, said, total] = answer.tokens;
    assert.equal(total, asked + said);
    const [call] = await model.called(1);
    assert.deepEqual(call?.messages, [{ role: "user", text: "Oi, quanto custa?" }]);
  });

  const inOrder: ModelBehaviour[] = [
    { kind: "rate_limited", retryAfterSeconds: 2 },
    { kind: "server_error" },
    { kind: "request_rejected" },
    { kind: "say", text: "Pronto." },
  ];
  test("behaviours are used up in their order, then it answers as usual", inOrder, async (model) => {
    const seen = [];
    for (let call = 0; call < 5; call++) {
      const response = await ask(model, "Oi");
      seen.push(response.status);
      if (call === 0) assert.equal(response.headers.get("retry-after"), "2");
      if (call === 3) assert.equal((await read(response)).said.text, "Pronto.");
      else await response.body?.cancel();
    }
    assert.deepEqual(seen, [429, 500, 400, 200, 200]);
  });

  const contents: ModelBehaviour[] = [{ kind: "empty_answer" }, { kind: "content_filter" }, {
    kind: "refusal",
  }];
  test("content can be empty, filtered or refused", contents, async (model) => {
    const answers = [];
    for (let call = 0; call < 3; call++) answers.push((await read(await ask(model, "Oi"))).said);
    assert.deepEqual(answers, [
      { text: "", refusal: null, end: ends.well },
      { text: "", refusal: null, end: ends.filtered },
      { text: "", refusal: "I'm sorry, I can't help with that.", end: ends.well },
    ]);
  });

  const breaks: ModelBehaviour[] = [{ kind: "malformed_answer" }, { kind: "reset" }, { kind: "hang" }];
  test("an answer can be torn, reset or never come", breaks, async (model) => {
    await assert.rejects((await ask(model, "Oi")).json(), SyntaxError);
    await assert.rejects(ask(model, "Oi"), TypeError);
    await assert.rejects(ask(model, "Oi", AbortSignal.timeout(100)), { name: "TimeoutError" });
  });

  test("what is no request is refused", [], async (model) => {
    for (const body of ["{", "[]", '{"model":"m"}', '{"model":"m","messages":[3],"input":[3]}']) {
      const response = await fetch(model.url + path, { method: "POST", body, client });
      assert.equal(response.status, 400, body);
      assert.equal((await response.json()).error.type, "invalid_request_error");
    }
  });
}

Deno.test("a Responses request's instructions and plain input are read as messages", async () => {
  const model = await startScriptedModel();
  const body = JSON.stringify({ model: "m", instructions: "Be kind.", input: "Oi" });
  await (await fetch(`${model.url}/responses`, { method: "POST", body, client })).body?.cancel();
  const [call] = await model.called(1);
  assert.deepEqual(call?.messages, [{ role: "system", text: "Be kind." }, { role: "user", text: "Oi" }]);
  await model.stop();
});

Deno.test("models are listed and told one by one, with the day of their shutdown; other addresses are unknown", async () => {
  const model = await startScriptedModel();
  const get = async (path: string) => {
    const response = await fetch(model.url + path, { client });
    return { status: response.status, body: await response.json() };
  };
  const { body } = await get("/models");
  const ids = body.data.map(({ id }: { id: string }) => id);
  assert.ok(ids.includes("gpt-6.1-terra"));
  assert.equal((await get("/models/gpt-5-mini")).body.shutdown_date, "2026-12-11");
  for (const path of ["/models/gpt-9", "/responses", "/embeddings"]) {
    assert.equal((await get(path)).status, 404);
  }
  await model.stop();
});
