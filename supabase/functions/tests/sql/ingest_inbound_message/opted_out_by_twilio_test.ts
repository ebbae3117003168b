import assert from "node:assert/strict";
import { write } from "../../fixtures/conversations.ts";
import { freshAddress } from "../../fixtures/customer_address.ts";
import { freshDatabase, type TestDatabase } from "../../fixtures/database.ts";
import { accept, callback, holder, record, reply } from "../../fixtures/sends.ts";

const optedOut = 21610;

/** Twilio refuses the reply: the customer had opted out, it says. */
async function refusedReply({ sql }: TestDatabase, customer = freshAddress()) {
  const { session, send } = await reply(sql, ["Oi"], { customer });
  await record(sql, session, send, { kind: "failed", error_code: optedOut });
  await sql`select public.release_batch_lock(${session}, ${holder})`;
  return { session, customer };
}

async function isSilenced(sql: TestDatabase["sql"], session: string): Promise<boolean> {
  const [row] =
    await sql`select opted_out_at is not null as answer from public.sessions where id = ${session}`;
  return row?.answer;
}

Deno.test("Twilio's word that a customer opted out is over with the customer's next message, which is answered", async () => {
  await using database = await freshDatabase();
  const { sql } = database;
  const { session, customer } = await refusedReply(database);
  assert.equal(await isSilenced(sql, session), true);

  const { outcome, message_id } = await write(sql, customer);
  assert.equal(outcome, "accepted");
  assert.equal(await isSilenced(sql, session), false);
  const queued = await sql`select from public.message_queue where message_id = ${message_id}`;
  assert.equal(queued.length, 1);
});

Deno.test("a later refusal, by answer or by callback, sets it again", async () => {
  await using database = await freshDatabase();
  const { sql } = database;
  const { session, customer } = await refusedReply(database);
  await refusedReply(database, customer);
  assert.equal(await isSilenced(sql, session), true);

  const { send } = await reply(sql, ["Oi"], { customer });
  await accept(sql, session, send, "SM1");
  assert.equal(await isSilenced(sql, session), false);
  await callback(sql, { sid: "SM1", status: "failed", errorCode: optedOut });
  assert.equal(await isSilenced(sql, session), true);
});

Deno.test("a customer's own STOP is not taken back by an ordinary message, only by START", async () => {
  await using database = await freshDatabase();
  const { sql } = database;
  const customer = freshAddress();
  const { session_id } = await write(sql, customer, { body: "STOP", extra: { OptOutType: "STOP" } });
  assert.equal((await write(sql, customer)).outcome, "opted_out");
  assert.equal(await isSilenced(sql, session_id), true);
  await write(sql, customer, { body: "START", extra: { OptOutType: "START" } });
  assert.equal(await isSilenced(sql, session_id), false);
});

Deno.test("a STOP is the customer's own word, whatever Twilio said before or says after it", async () => {
  await using database = await freshDatabase();
  const { sql } = database;
  const { session, customer } = await refusedReply(database);
  await write(sql, customer, { body: "STOP", extra: { OptOutType: "STOP" } });
  assert.equal((await write(sql, customer)).outcome, "opted_out");

  const other = await reply(sql, ["Oi"]);
  await write(sql, other.customer, { body: "STOP", extra: { OptOutType: "STOP" } });
  await record(sql, other.session, other.send, { kind: "failed", error_code: optedOut });
  assert.equal((await write(sql, other.customer)).outcome, "opted_out");
  assert.deepEqual([await isSilenced(sql, session), await isSilenced(sql, other.session)], [true, true]);
});

Deno.test("who has written since a refused send began is answered", async () => {
  await using database = await freshDatabase();
  const { sql } = database;
  const { session, customer, send } = await reply(sql, ["Um"]);
  await accept(sql, session, send, "SM1");
  await write(sql, customer);
  await callback(sql, { sid: "SM1", status: "failed", errorCode: 21610 });
  const [row] = await sql`select claim_batch(${session}, ${holder}) as claim`;
  assert.equal(row?.claim.outcome, "claimed");
});
