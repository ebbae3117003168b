import assert from "node:assert/strict";
import { createBatches } from "functions/_shared/db/batches.ts";
import { createRpc } from "functions/_shared/db/rpc.ts";
import { functionCalls } from "../../fixtures/data_api.ts";
import { freshDatabase, type TestDatabase } from "../../fixtures/database.ts";
import { customerWaits } from "../../fixtures/holder.ts";

const usage = { model: "m", promptTokens: 1, completionTokens: 1, latencyMs: 1 };
const largest = 2_147_483_647;

interface Kept {
  model: string;
  prompt_tokens: number | null;
  completion_tokens: number | null;
  latency_ms: number | null;
  history_characters: number | null;
}

/** The reply of a batch, as the adapter of the model hands it on; returns its row in the ledger and its parts. */
async function reply(
  { sql }: TestDatabase,
  { bodies = ["Oi"], ...changes }: Partial<typeof usage> & { bodies?: string[]; historyCharacters?: number },
) {
  const { session, claimed } = await customerWaits(sql);
  const { batch_id } = await claimed();
  const { historyCharacters = null, ...counted } = changes;
  const completion = await createBatches(createRpc(functionCalls(sql)), { maxAttempts: 5 }).complete(
    { sessionId: session, webhookId: "holder" },
    { batchId: batch_id, bodies, usage: { ...usage, ...counted }, calls: 1, historyCharacters },
  );
  assert.equal(completion.outcome, "completed");
  const [batch] = await sql<Kept[]>`
    select b.model, b.prompt_tokens, b.completion_tokens, b.latency_ms, c.history_characters
    from public.reply_batches b join public.conversations c on c.id = b.conversation_id where b.id = ${batch_id}`;
  const parts = await sql<{ body: string }[]>`
    select body from public.messages where batch_id = ${batch_id} and direction = 'outbound' order by position`;
  assert(batch);
  return { ...batch, bodies: parts.map(({ body }) => body) };
}

const counts: [given: number, kept: number | null][] = [
  [0, 0],
  [0.4, 0],
  [1.5, 2],
  [-7, 0],
  [largest, largest],
  [largest + 1, largest],
  [1e300, largest],
  [-1e300, 0],
  [Infinity, largest],
  [NaN, null],
];

for (const [given, kept] of counts) {
  Deno.test(`a model that counts ${given} is answered for all the same: ${kept} is kept`, async () => {
    await using database = await freshDatabase();
    const row = await reply(database, {
      promptTokens: given,
      completionTokens: given,
      latencyMs: given,
      historyCharacters: given,
    });
    assert.deepEqual(row, {
      model: "m",
      prompt_tokens: kept,
      completion_tokens: kept,
      latency_ms: kept,
      history_characters: kept,
      bodies: ["Oi"],
    });
  });
}

Deno.test("a model's name may be a megabyte long, with NUL and half characters in it", async () => {
  await using database = await freshDatabase();
  const row = await reply(database, { model: `m\0${"x".repeat(1_000_000)}\ud83d` });
  assert.equal(row.model, `m${"x".repeat(1_000_000)}\ufffd`);
});

Deno.test("NUL and half characters leave a reply, whole ones stay, and so does its length", async () => {
  await using database = await freshDatabase();
  const long = "é".repeat(500_000);
  const { bodies } = await reply(database, { bodies: ["Oi\0 \ud83d", "\udc00\u0001👍🏽", long] });
  assert.deepEqual(bodies, ["Oi \ufffd", "\ufffd\u0001👍🏽", long]);
});
