import assert from "node:assert/strict";
import { letTimePass } from "../../fixtures/conversations.ts";
import { freshDatabase, type TestDatabase } from "../../fixtures/database.ts";
import { begin, begunIn, holder, record, reply, type Send } from "../../fixtures/sends.ts";

const secondLookMs = 5_000;

/** A send whose POST gave no answer, past its grace. */
async function lost({ sql }: TestDatabase) {
  const { session, send } = await reply(sql, ["Oi"]);
  await loseAnswer(sql, session, send);
  return { session, send };
}

async function loseAnswer(sql: TestDatabase["sql"], session: string, send: Send): Promise<void> {
  await record(sql, session, send, { kind: "unknown" });
  await letTimePass(sql, session, "21 seconds");
  assert.equal((await begin(sql, session)).outcome, "settle");
}

Deno.test("one look at Twilio's list that finds nothing begins nothing: a second, 5 s later, has to agree", async () => {
  await using database = await freshDatabase();
  const { sql } = database;
  const { session, send } = await lost(database);

  const first = await begin(sql, session, send);
  assert.equal(first.outcome, "in_grace");
  assert(Math.abs((first.wait_ms ?? 0) - secondLookMs) < 1_000, `${first.wait_ms} ms`);
  assert.equal((await begin(sql, session, send)).outcome, "in_grace", "said twice is not seen twice");
  await letTimePass(sql, session, "4 seconds");
  assert.equal((await begin(sql, session, send)).outcome, "in_grace");

  await letTimePass(sql, session, "1 seconds");
  assert.equal((await begin(sql, session)).outcome, "settle", "the list has to be looked at again");
  assert.equal(begunIn(await begin(sql, session, send)).send_attempt, 2);
});

Deno.test("what an earlier attempt's absence showed says nothing of the next attempt", async () => {
  await using database = await freshDatabase();
  const { sql } = database;
  const { session, send } = await lost(database);
  await begin(sql, session, send);
  await letTimePass(sql, session, `${secondLookMs / 1_000} seconds`);
  const again = begunIn(await begin(sql, session, send));

  await loseAnswer(sql, session, again);
  assert.equal((await begin(sql, session, send)).outcome, "settle");
  assert.equal((await begin(sql, session, send)).outcome, "settle");
  assert.equal((await begin(sql, session, again)).outcome, "in_grace");
});

Deno.test("an absence that names no attempt is none", async () => {
  await using database = await freshDatabase();
  const { sql } = database;
  const { session, send } = await reply(sql, ["Um"]);
  await record(sql, session, send, { kind: "unknown" });
  await letTimePass(sql, session, "21 seconds");
  const [row] = await sql`select begin_send(${session}, ${holder}, ${send.message_id}) as next`;
  assert.equal(row?.next.outcome, "settle");
});
