import assert from "node:assert/strict";
import type postgres from "postgres";
import { write } from "../../fixtures/conversations.ts";
import { freshDatabase } from "../../fixtures/database.ts";
import { customerWaits } from "../../fixtures/holder.ts";

/** A holder with a reply, paid for, while the customer has written on; the organization may call the model so often. */
async function overtaken(sql: postgres.Sql, dailyCalls: number | null) {
  await sql`update public.assistants set overlap = 'supersede'`;
  await sql`update public.owners set daily_model_calls = ${dailyCalls}`;
  const holder = await customerWaits(sql, "Primeira");
  const { batch_id } = await holder.claimed();
  await write(sql, holder.from, { body: "Segunda" });
  return { ...holder, batchId: batch_id };
}

Deno.test("the last reply of the day is sent, though newer messages wait: there is no call left to ask again", async () => {
  await using database = await freshDatabase();
  const { sql } = database;
  const { batchId, complete, claim, sendAll } = await overtaken(sql, 1);
  const { outcome, send } = await complete(batchId, ["A resposta paga"]);
  assert.equal(outcome, "completed");
  assert.deepEqual([send.outcome, send.message.body], ["begun", "A resposta paga"]);
  await sendAll();
  // Only then is the rest put off.
  assert.equal((await claim()).outcome, "capped");
});

Deno.test("with a call left, or without a cap, the reply is discarded for one that answers both", async () => {
  for (const dailyCalls of [2, null]) {
    await using database = await freshDatabase();
    const { sql } = database;
    const { batchId, complete, claimed } = await overtaken(sql, dailyCalls);
    assert.equal((await complete(batchId)).outcome, "superseded");
    assert.deepEqual((await claimed()).messages.map(({ body }) => body), ["Primeira", "Segunda"]);
  }
});

Deno.test("yesterday's calls do not count", async () => {
  await using database = await freshDatabase();
  const { sql } = database;
  const { batchId, complete } = await overtaken(sql, 2);
  await sql`insert into public.model_calls (owner_id, day, calls) select owner_id, day - 1, 2 from public.model_calls`;
  assert.equal((await complete(batchId)).outcome, "superseded");
});

Deno.test("what one reply took beyond its first call counts too, whether it came to one or not", async () => {
  await using database = await freshDatabase();
  const { sql } = database;
  const { batchId, complete, claimed, session } = await overtaken(sql, null);
  const calls = async () => (await sql`select calls from public.model_calls`)[0]?.calls;
  await complete(batchId, ["Sim"], { calls: 3 });
  assert.equal(await calls(), 3);
  const { batch_id } = await claimed();
  await sql`select fail_batch(${session}, 'holder', ${batch_id}, '{}', 'retry', p_usage => '{"calls": 2}')`;
  assert.equal(await calls(), 5);
});

Deno.test("at the cap a further message is put off alone, however many wait already", async () => {
  await using database = await freshDatabase();
  const { sql } = database;
  const { from, claim, sendAll, session } = await customerWaits(sql);
  await sql`
    with said as (
      insert into messages (owner_id, session_id, conversation_id, direction, author, message_sid)
      select c.owner_id, c.session_id, c.id, 'inbound', 'customer', 'SM' || gen_random_uuid()
      from conversations c, generate_series(1, 300) where c.session_id = ${session}
      returning *
    )
    insert into message_queue (message_id, message_sid, session_id)
    select id, message_sid, session_id from said`;
  await sql`update owners set daily_model_calls = 0`;
  assert.equal((await claim()).outcome, "capped");
  await sendAll();
  await write(sql, from);
  const rewritten = await database.connect().begin(async (transaction) => {
    await transaction`select claim_batch(${session}, 'holder')`;
    const [row] = await transaction<{ rows: number }[]>`
      select n_tup_upd::integer as rows from pg_stat_xact_user_tables where relname = 'message_queue'`;
    return row?.rows;
  });
  assert.equal(rewritten, 1);
});

Deno.test("what waited before and did not fit the batch has not overtaken its reply", async () => {
  await using database = await freshDatabase();
  const { sql } = database;
  await sql`update public.assistants set overlap = 'supersede'`;
  const customer = await customerWaits(sql, ...Array.from({ length: 51 }, (_, index) => `${index}`));
  for (const size of [50, 1]) {
    const { batch_id, message_ids } = await customer.claimed();
    assert.equal(message_ids.length, size);
    assert.equal((await customer.complete(batch_id)).outcome, "completed");
    await customer.sendAll();
  }
});
