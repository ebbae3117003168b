import assert from "node:assert/strict";
import { letTimePass, write } from "../../fixtures/conversations.ts";
import { freshDatabase, type TestDatabase } from "../../fixtures/database.ts";
import { begin, holder, record, reply } from "../../fixtures/sends.ts";

/** A send of unknown outcome, past its grace, with a customer's message behind it. */
async function lost({ sql }: TestDatabase) {
  const { session, customer, send } = await reply(sql, ["Oi"]);
  await record(sql, session, send, { kind: "unknown" });
  await letTimePass(sql, session, "21 seconds");
  await write(sql, customer);
  return { session, send };
}

async function canAct(sql: TestDatabase["sql"], session: string) {
  const due = await sql`select from private.due_work where session_id = ${session}`;
  const listed = await sql`select * from public.recover_stalled(50, 0)`;
  return [due.length > 0, listed.some(({ recover_stalled }) => recover_stalled === session)];
}

Deno.test("a session whose send could not be settled cannot act, and is not listed, until its next look is due", async () => {
  await using database = await freshDatabase();
  const { sql } = database;
  const { session, send } = await lost(database);
  assert.equal((await begin(sql, session)).outcome, "settle");
  const { recorded, send: next } = await record(sql, session, send, { kind: "unsettled" });
  assert.deepEqual([recorded, next.outcome], ["recorded", "in_grace"]);
  await sql`select public.release_batch_lock(${session}, ${holder})`;
  assert.deepEqual(await canAct(sql, session), [false, false]);

  await letTimePass(sql, session, `${(next.wait_ms ?? 0) / 1_000} seconds`);
  assert.deepEqual(await canAct(sql, session), [true, true]);
});

Deno.test("looks at a list that does not answer come further and further apart, up to 10 min", async () => {
  await using database = await freshDatabase();
  const { sql } = database;
  const { session, send } = await lost(database);
  let apart = 0;
  for (let looks = 0; looks < 12; looks++) {
    const { send: next } = await record(sql, session, send, { kind: "unsettled" });
    const pause = (next.wait_ms ?? 0) / 1_000;
    assert(pause >= 8 && pause <= 600, `${pause} s`);
    // A fifth of a pause is chance.
    assert(pause >= apart * 0.8 - 1, `${pause} s after ${apart} s`);
    apart = pause;
    await letTimePass(sql, session, `${pause} seconds`);
    assert.equal((await begin(sql, session)).outcome, "settle");
  }
  assert(apart >= 480, `${apart} s`);
});

Deno.test("a server that asks for more time gets it", async () => {
  await using database = await freshDatabase();
  const { sql } = database;
  const { session, send } = await lost(database);
  const { send: next } = await record(sql, session, send, { kind: "unsettled", retry_after_ms: 90_000 });
  assert((next.wait_ms ?? 0) > 89_000);
});
