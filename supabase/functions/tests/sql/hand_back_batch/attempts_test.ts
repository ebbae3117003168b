import assert from "node:assert/strict";
import { write } from "../../fixtures/conversations.ts";
import { freshAddress } from "../../fixtures/customer_address.ts";
import { freshDatabase, type TestDatabase } from "../../fixtures/database.ts";
import { holder } from "../../fixtures/sends.ts";

/** A batch of a message that was tried twice and is in back-off, and of a new one, which took it along. */
async function takenAlong({ sql }: TestDatabase) {
  await sql`update public.assistants set quiet_window_ms = 0, max_wait_ms = 0`;
  const customer = freshAddress();
  const { session_id } = await write(sql, customer);
  await sql`update public.message_queue set attempts = 2, available_at = clock_timestamp() + interval '1 minute'`;
  await write(sql, customer);
  await sql`select public.acquire_batch_lock(${session_id}, ${holder})`;
  const [row] = await sql`select public.claim_batch(${session_id}, ${holder}) as claim`;
  assert.equal(row?.claim.message_ids.length, 2);
  assert.deepEqual(await attempts(sql), [2, 1], "what is taken along early is not counted");
  return { session: session_id, customer, batch: row?.claim.batch_id };
}

async function attempts(sql: TestDatabase["sql"]): Promise<number[]> {
  return (await sql`select attempts from public.message_queue order by id`).map((row) => row.attempts);
}

Deno.test("a hand-back takes back the attempts that the claim counted, and no others", async () => {
  await using database = await freshDatabase();
  const { sql } = database;
  const { session } = await takenAlong(database);
  await sql`select public.hand_back_batch(${session}, ${holder})`;
  assert.deepEqual(await attempts(sql), [2, 0]);
});

Deno.test("neither does a reply that is discarded for newer messages", async () => {
  await using database = await freshDatabase();
  const { sql } = database;
  await sql`update public.assistants set overlap = 'supersede'`;
  const { session, customer, batch } = await takenAlong(database);
  await write(sql, customer);
  const [row] = await sql`
    select public.complete_batch(${session}, ${holder}, ${batch}, '["Oi"]') ->> 'outcome' as outcome`;
  assert.equal(row?.outcome, "superseded");
  assert.deepEqual(await attempts(sql), [2, 0, 0]);
});

Deno.test("handed back in between, a message that kills every other holder still reaches its limit", async () => {
  await using database = await freshDatabase();
  const { sql } = database;
  const { session } = await takenAlong(database);
  const outcomes = [];
  for (const next of ["stopped", "killed", "stopped", "killed", "stopped"]) {
    await sql`update public.sessions set batch_lock_until = clock_timestamp() where batch_lock_id is not null`;
    const name = crypto.randomUUID();
    await sql`select public.acquire_batch_lock(${session}, ${name})`;
    const [row] = await sql`select public.claim_batch(${session}, ${name}, 3) ->> 'outcome' as outcome`;
    outcomes.push(row?.outcome);
    if (next === "stopped") await sql`select public.hand_back_batch(${session}, ${name})`;
  }
  assert.deepEqual(outcomes, ["claimed", "claimed", "claimed", "claimed", "dead"]);
});
