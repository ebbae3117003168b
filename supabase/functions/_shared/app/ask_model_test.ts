import assert from "node:assert/strict";
import type { PastMessage, Turn } from "../domain/turn.ts";
import { keepLog } from "tests/doubles/kept_log.ts";
import { batch, usage } from "tests/doubles/stage.ts";
import { askModel } from "./ask_model.ts";
import type { ClaimedBatch } from "./ports/batches.ts";
import type { ModelResult } from "./ports/model.ts";

const said = (body: string): PastMessage => ({ author: "customer", kind: "text", body, media: [] });
const reply = (body: string): ModelResult => ({
  kind: "reply",
  body,
  finishReason: "stop",
  requestId: null,
  usage,
});
const failure = (remedy: "wait" | "retry" | "shrink" | "give_up"): ModelResult => ({
  kind: "failed",
  failure: "too_long",
  remedy,
  retryAfterMs: null,
  detail: "too long",
  requestId: null,
  usage: null,
});

/** Asks about a batch with a model that answers each turn by `answer`. */
async function ask(given: Partial<ClaimedBatch>, answer: (turn: Turn, call: number) => ModelResult) {
  const turns: Turn[] = [];
  const { log, lines } = keepLog();
  const stopping = new AbortController();
  const model = {
    reply: (turn: Turn) => {
      turns.push(turn);
      return Promise.resolve(answer(turn, turns.length));
    },
  };
  const result = await askModel({ ...batch, ...given }, {
    model,
    stop: stopping.signal,
    timeoutMs: 30_000,
    log,
  });
  return { result, turns, lines };
}

/** A model whose window takes so many characters of what the customer and the assistant said. */
const windowOf = (characters: number) => (turn: Turn): ModelResult => {
  const length = [...turn.history, ...turn.messages].reduce((sum, { body }) => sum + body.length, 0);
  return length > characters ? failure("shrink") : reply("Olá!");
};

const longHistory = Array.from({ length: 30 }, (_, index) => said(`${index}`.padEnd(600, "x")));

Deno.test("the model sees the assistant, the customer, the history and the whole batch, and how long a reply may be", async () => {
  const { turns } = await ask({ history: [said("before")] }, () => reply("Olá!"));
  assert.deepEqual(turns, [{
    instructions: "Be kind.",
    locale: "pt-BR",
    model: null,
    customerName: "Ana",
    history: [said("before")],
    messages: batch.messages,
    limit: { characters: 3_840, wasExceeded: false },
  }]);
});

Deno.test("a turn that is too long goes again with half the history, the newest, until the model takes it", async () => {
  const { result, turns } = await ask({ history: longHistory }, windowOf(5_000));
  assert.deepEqual(turns.map(({ history }) => history.length), [30, 15, 7]);
  assert.deepEqual(turns.at(-1)?.history, longHistory.slice(-7));
  assert.ok(result.kind === "reply");
  assert.equal(result.historyCharacters, 4_200, "what worked is told, so that it is remembered");
});

Deno.test("at last the history is left out", async () => {
  const { result, turns } = await ask({ history: longHistory }, windowOf(100));
  assert.deepEqual(turns.map(({ history }) => history.length), [30, 15, 7, 3, 0]);
  assert.ok(result.kind === "reply");
  assert.equal(result.historyCharacters, 0);
});

Deno.test("without a history the newest messages of the batch go alone", async () => {
  const messages = Array.from({ length: 5 }, (_, index) => said(`${index}`.repeat(100)));
  const { result, turns } = await ask({ messages }, windowOf(250));
  assert.deepEqual(turns.map((turn) => turn.messages.map(({ body }) => body[0])), [
    ["0", "1", "2", "3", "4"],
    ["3", "4"],
  ]);
  assert.ok(result.kind === "reply");
  assert.equal(result.historyCharacters, null, "it was not the history that was too long");
});

Deno.test("a single message that is too long waits for a repair of ours: it is not given up on", async () => {
  const { result, turns } = await ask({}, () => failure("shrink"));
  assert.equal(turns.length, 1);
  assert.ok(result.kind === "failed");
  assert.equal(result.remedy, "wait");
});

for (const remedy of ["wait", "retry", "give_up"] as const) {
  Deno.test(`a failure whose remedy is ${remedy} is not asked about again`, async () => {
    const { result, turns } = await ask({ history: longHistory }, () => failure(remedy));
    assert.equal(turns.length, 1);
    assert.ok(result.kind === "failed");
    assert.equal(result.remedy, remedy);
  });
}

const parts = (count: number) =>
  Array.from({ length: count }, (_, index) => `${index}`.repeat(1_500)).join("\n\n");

Deno.test("a reply of as many parts as the assistant allows is taken", async () => {
  const { result, turns } = await ask({}, () => reply(parts(3)));
  assert.ok(result.kind === "reply");
  assert.equal(result.bodies.length, 3);
  assert.equal(turns.length, 1);
});

Deno.test("a longer reply is asked for once more, shorter, and both calls are paid for", async () => {
  const { result, turns, lines } = await ask({}, (_turn, call) => reply(call === 1 ? parts(4) : "Olá!"));
  assert.deepEqual(turns.map(({ limit }) => limit?.wasExceeded), [false, true]);
  assert.ok(result.kind === "reply");
  assert.deepEqual(result.bodies, ["Olá!"]);
  assert.deepEqual(result.usage, { model: "m", promptTokens: 20, completionTokens: 4, latencyMs: 7.2 });
  assert.deepEqual(lines.find(({ event }) => event === "reply.too_long")?.parts, 4);
});

Deno.test("a model in a loop fails after two answers, and nothing of it is sent", async () => {
  const { result, turns } = await ask({}, () => reply("muito ".repeat(16_000)));
  assert.equal(turns.length, 2);
  assert.ok(result.kind === "failed");
  assert.deepEqual([result.failure, result.remedy, result.usage?.promptTokens], [
    "reply_too_long",
    "retry",
    20,
  ]);
});

for (const body of ["---", "***\n\n___"]) {
  Deno.test(`a reply of which nothing would be shown counts as an empty answer: ${JSON.stringify(body)}`, async () => {
    const { result } = await ask({}, () => reply(body));
    assert.ok(result.kind === "failed");
    assert.deepEqual([result.failure, result.remedy], ["empty_answer", "retry"]);
    assert.deepEqual(result.usage, usage);
  });
}
