import assert from "node:assert/strict";
import { write } from "../../fixtures/conversations.ts";
import { freshAddress } from "../../fixtures/customer_address.ts";
import { freshDatabase, type TestDatabase } from "../../fixtures/database.ts";

interface Claim {
  outcome: string;
  batch_id: string;
  attempt: number;
  message_ids: string[];
}

/** A customer's two messages, claimed by `dead`, whose lease is over. */
async function abandoned({ sql }: TestDatabase) {
  await sql`update assistants set quiet_window_ms = 0, max_wait_ms = 0`;
  const from = freshAddress();
  const messages = [await write(sql, from), await write(sql, from)];
  const session = messages[0]?.session_id ?? "";
  await sql`select acquire_batch_lock(${session}, 'dead', 30)`;
  const claimed = await claim(sql, session, "dead");
  await sql`update sessions set batch_lock_until = clock_timestamp() where id = ${session}`;
  return { session, claimed, messageIds: messages.map(({ message_id }) => message_id) };
}

async function claim(sql: TestDatabase["sql"], session: string, holder: string): Promise<Claim> {
  const [row] = await sql<{ claim: Claim }[]>`select claim_batch(${session}, ${holder}) as claim`;
  assert(row);
  return row.claim;
}

Deno.test("the next holder gets a dead one's messages as a batch of its own, one attempt later", async () => {
  await using database = await freshDatabase();
  const { sql } = database;
  const { session, claimed, messageIds } = await abandoned(database);
  assert.deepEqual([claimed.outcome, claimed.attempt, claimed.message_ids], ["claimed", 1, messageIds]);

  await sql`select acquire_batch_lock(${session}, 'next', 30)`;
  const taken = await claim(sql, session, "next");
  assert.deepEqual([taken.outcome, taken.attempt, taken.message_ids], ["claimed", 2, messageIds]);
  assert.notEqual(taken.batch_id, claimed.batch_id);
  const ledger = await sql`
    select lock_id, outcome, error ->> 'failure' as failure from reply_batches
    where session_id = ${session} order by created_at`;
  assert.deepEqual(ledger.map((row) => ({ ...row })), [
    { lock_id: "dead", outcome: "failed", failure: "holder_lost" },
    { lock_id: "next", outcome: "claimed", failure: null },
  ]);
});

Deno.test("a dead holder that is not dead after all is told that it lost its batch, and writes nothing", async () => {
  await using database = await freshDatabase();
  const { sql } = database;
  const { session, claimed } = await abandoned(database);
  await sql`select acquire_batch_lock(${session}, 'next', 30)`;
  const taken = await claim(sql, session, "next");
  const complete = async (holder: string, { batch_id }: Claim) => {
    const [row] = await sql<{ answer: { outcome: string } }[]>`
      select complete_batch(${session}, ${holder}, ${batch_id}, '["Oi"]') as answer`;
    return row?.answer.outcome;
  };
  assert.equal((await claim(sql, session, "dead")).outcome, "lost");
  assert.equal(await complete("dead", claimed), "lost");
  assert.equal(await complete("dead", taken), "lost");
  const replies = await sql`select from messages where session_id = ${session} and direction = 'outbound'`;
  assert.equal(replies.length, 0);
  assert.equal(await complete("next", taken), "completed");
});
