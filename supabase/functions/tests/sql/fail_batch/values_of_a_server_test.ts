import assert from "node:assert/strict";
import { createBatches } from "functions/_shared/db/batches.ts";
import { createRpc } from "functions/_shared/db/rpc.ts";
import type { BatchFailure } from "functions/_shared/app/ports/batches.ts";
import { functionCalls } from "../../fixtures/data_api.ts";
import { freshDatabase, type TestDatabase } from "../../fixtures/database.ts";
import { customerWaits } from "../../fixtures/holder.ts";

interface Kept {
  outcome: string;
  error: BatchFailure["error"];
  prompt_tokens: number | null;
  status: string;
  last_error: string;
}

/** The end of a batch that failed like this, as the adapter of the model hands it on. */
async function failure({ sql }: TestDatabase, changes: Partial<Omit<BatchFailure, "batchId">>) {
  const { session, claimed } = await customerWaits(sql);
  const { batch_id } = await claimed();
  const failing = await createBatches(createRpc(functionCalls(sql)), { maxAttempts: 5 }).fail(
    { sessionId: session, webhookId: "holder" },
    {
      batchId: batch_id,
      error: { failure: "unavailable", detail: "away", request_id: null },
      remedy: "wait",
      askedMs: null,
      usage: null,
      calls: 1,
      ...changes,
    },
  );
  const [row] = await sql<Kept[]>`
    select b.outcome, b.error, b.prompt_tokens, q.status, q.last_error
    from public.reply_batches b join public.message_queue q on q.session_id = b.session_id where b.id = ${batch_id}`;
  assert(row);
  return { failing, ...row };
}

for (const askedMs of [-1, 0.5, 1e300, -1e300, Infinity, NaN, 9_007_199_254_740_993]) {
  Deno.test(`asked for ${askedMs} ms of rest, the failure is recorded, and tried again within the hour`, async () => {
    await using database = await freshDatabase();
    const { failing } = await failure(database, { askedMs });
    assert(failing.outcome === "retrying");
    assert.ok(failing.retryInMs > 0 && failing.retryInMs <= 3_600_000, `${failing.retryInMs}`);
  });
}

for (const remedy of ["wait", "retry", "give_up"] as const) {
  Deno.test(`${remedy}: whatever a server says of its failure is kept, without what PostgreSQL cannot store`, async () => {
    await using database = await freshDatabase();
    const text = `\0<html>\ud83d${"é".repeat(500_000)}`;
    const kept = `<html>\ufffd${"é".repeat(500_000)}`;
    const { outcome, error, last_error, status, prompt_tokens } = await failure(database, {
      remedy,
      error: { failure: text, detail: text, request_id: text },
      usage: { model: text, promptTokens: 1e300, completionTokens: -1, latencyMs: NaN },
    });
    assert.deepEqual(error, { failure: kept, detail: kept, request_id: kept });
    assert.equal(last_error, kept);
    assert.equal(prompt_tokens, 2_147_483_647);
    assert.deepEqual([outcome, status], remedy === "give_up" ? ["dead", "dead"] : ["failed", "pending"]);
  });
}
