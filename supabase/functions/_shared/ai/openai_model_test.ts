import assert from "node:assert/strict";
import { always, apiKey, askOnce, serveModel, turn } from "tests/doubles/openai_server.ts";
import { apiShapes, type Asked } from "tests/doubles/openai_shapes.ts";
import type { PastMessage, Turn } from "../domain/turn.ts";

const text = (author: PastMessage["author"], body: string): PastMessage => ({
  author,
  kind: "text",
  body,
  media: [],
});

for (const shape of apiShapes) {
  const { api, answer } = shape;
  const test = (what: string, run: () => Promise<void>) => Deno.test(`${api}: ${what}`, run);

  /** What is asked for this turn. */
  const asked = async (turn: Turn): Promise<Asked> => {
    const bodies: Record<string, unknown>[] = [];
    await using served = serveModel(shape, async (request) => {
      bodies.push(await request.json());
      return Response.json(answer({ text: "ok" }));
    });
    await served.ask({ turn });
    return shape.read(bodies[0] ?? {});
  };

  test("a turn is one request, and its reply has text, end, cost and request id", async () => {
    let sent: { path: string; auth: string | null } | undefined;
    await using served = serveModel(shape, (request) => {
      sent = { path: new URL(request.url).pathname, auth: request.headers.get("authorization") };
      return Response.json(answer({ text: " Hi there! \n" }), { headers: { "x-request-id": "req_1" } });
    });
    const result = await served.ask();
    assert.ok(result.kind === "reply");
    assert.deepEqual({ ...result, usage: { ...result.usage, latencyMs: 0 } }, {
      kind: "reply",
      body: "Hi there!",
      finishReason: shape.ends.well,
      requestId: "req_1",
      usage: { model: "served-model", promptTokens: 11, completionTokens: 7, latencyMs: 0 },
    });
    assert.deepEqual(sent, { path: shape.path, auth: `Bearer ${apiKey}` });
    assert.equal(served.calls(), 1);
  });

  test("only what every server takes is sent, and nothing is stored there", async () => {
    const { instructions, turns, rest } = await asked({
      ...turn,
      history: [text("customer", "oi"), text("assistant", "Olá!")],
    });
    assert.match(instructions ?? "", /^Be kind\./);
    assert.deepEqual(turns, [
      { role: "user", content: "oi" },
      { role: "assistant", content: "Olá!" },
      { role: "user", content: "hello" },
    ]);
    const stored = api === "responses" ? { store: false } : {};
    assert.deepEqual(rest, { model: "default-model", stream: false, ...stored });
  });

  test("the assistant's own model goes before the deployment's", async () => {
    assert.equal((await asked({ ...turn, model: "assistant-model" })).rest.model, "assistant-model");
    assert.equal((await asked({ ...turn, model: "" })).rest.model, "default-model");
  });

  test("a server that counts nothing costs nothing that is known", async () => {
    const result = await askOnce(
      shape,
      always({ ...answer({ text: "ok", counted: false }), model: undefined }),
    );
    assert.ok(result.kind === "reply");
    const { latencyMs: _, ...usage } = result.usage;
    assert.deepEqual(usage, { model: "default-model", promptTokens: 0, completionTokens: 0 });
  });

  test("an answer that was cut off ends with its last whole sentence", async () => {
    const result = await askOnce(shape, always(answer({ text: "Abrimos às 6h. Temos pã", end: "cut_off" })));
    assert.ok(result.kind === "reply");
    assert.deepEqual([result.body, result.finishReason], ["Abrimos às 6h.", shape.ends.cut_off]);
  });

  test("an answer without a usable text is a failure of its kind, with its cost", async () => {
    const cases = [
      [{ text: " \n" }, "empty_answer", "retry"],
      [{ text: "\u200b" }, "empty_answer", "retry"],
      [{ text: "", end: "cut_off" }, "empty_answer", "retry"],
      [{ text: "<think>Hours?</think>" }, "empty_answer", "retry"],
      [{ text: "half", end: "filtered" }, "content_refused", "give_up"],
      [{ refusal: "I cannot help with that." }, "content_refused", "give_up"],
    ] as const;
    for (const [said, failure, remedy] of cases) {
      const result = await askOnce(shape, always(answer(said)));
      assert.ok(result.kind === "failed");
      assert.deepEqual([result.failure, result.remedy], [failure, remedy], JSON.stringify(said));
      assert.deepEqual([result.requestId, result.usage?.completionTokens], ["req_1", 7]);
    }
  });

  test("a stream in spite of what was asked is read, if all of it came", async () => {
    const stream = shape.stream({ text: "Abrimos das 6h às 20h." });
    const headers = { "content-type": "text/event-stream" };
    const result = await askOnce(shape, always(stream, { headers }));
    assert.ok(result.kind === "reply");
    assert.equal(result.body, "Abrimos das 6h às 20h.");
    const broken = await askOnce(shape, always(stream.slice(0, stream.length / 2), { headers }));
    assert.deepEqual(broken.kind === "failed" && [broken.failure, broken.remedy], [
      "malformed_answer",
      "wait",
    ]);
  });

  test("marks and thoughts never reach the customer, nor what cannot be stored", async () => {
    const said = "<think>plan</think>\n[automatic notice] Sim\0, \ud83d temos!<|im_end|>";
    const result = await askOnce(shape, always({ ...answer({ text: said }), model: "m\0x" }));
    assert.ok(result.kind === "reply");
    assert.deepEqual([result.body, result.usage.model], ["Sim, \ufffd temos!", "mx"]);
  });

  test("a model without a system role is told in the customer's turn, and is remembered", async () => {
    const refused = { error: { message: "System role not supported", code: 400, type: "BadRequestError" } };
    const seen: Asked[] = [];
    await using served = serveModel(shape, async (request) => {
      const asked = shape.read(await request.json());
      seen.push(asked);
      return asked.instructions === null
        ? Response.json(answer({ text: "ok" }))
        : Response.json(refused, { status: 400 });
    });
    for (let message = 0; message < 2; message++) assert.equal((await served.ask()).kind, "reply");
    assert.deepEqual(seen.map(({ instructions }) => instructions !== null), [true, false, false]);
    const [first] = seen[2]?.turns ?? [];
    assert.match(JSON.stringify(first), /^\{"role":"user","content":"Be kind\.[^]*\\n\\nhello"\}$/);
    await served.ask({ turn: { ...turn, model: "another" } });
    assert.equal(served.calls(), 5, "another model may have one");
  });

  test("a second refusal is the answer, and the next turn is asked anew", async () => {
    const refused = { error: { message: "Conversation roles must alternate user/assistant", code: 400 } };
    await using served = serveModel(shape, always(refused, { status: 400 }));
    for (let message = 1; message <= 2; message++) {
      const result = await served.ask();
      assert.deepEqual(result.kind === "failed" && result.remedy, "give_up");
      assert.equal(served.calls(), 2 * message);
    }
  });
}
