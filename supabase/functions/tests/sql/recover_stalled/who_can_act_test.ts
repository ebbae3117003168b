import assert from "node:assert/strict";
import type postgres from "postgres";
import { freshSid, letTimePass, write } from "../../fixtures/conversations.ts";
import { freshDatabase, type TestDatabase } from "../../fixtures/database.ts";
import { customerWaits, type Holder } from "../../fixtures/holder.ts";
import type { NextSend } from "../../fixtures/sends.ts";
import { sender } from "../../fixtures/test_stack.ts";
import { makeSessions } from "../../fixtures/many_sessions.ts";

let database: TestDatabase;
let sql: postgres.Sql;

Deno.test.beforeEach(async () => {
  database = await freshDatabase();
  sql = database.sql;
});
Deno.test.afterEach(async () => await database[Symbol.asyncDispose]());

async function list(limit = 50): Promise<string[]> {
  const rows = await sql<{ id: string }[]>`select id from public.recover_stalled(${limit}) id`;
  return rows.map(({ id }) => id);
}

/** A session with a reply whose send is begun, and a further message that has been due for a minute. */
async function sending(): Promise<Holder & { begun: NextSend["message"] }> {
  const holder = await customerWaits(sql);
  const { batch_id } = await holder.claimed();
  const { send } = await holder.complete(batch_id);
  assert.equal(send.outcome, "begun");
  await write(sql, holder.from, { body: "E depois?" });
  await sql`
    update public.message_queue
    set created_at = created_at - interval '1 minute', available_at = available_at - interval '1 minute'`;
  return { ...holder, begun: send.message };
}

Deno.test("behind a send that is put off a due message waits: the session is listed when the send's time has come", async () => {
  const { session, begun, record, release } = await sending();
  await record(begun, { kind: "postponed", error_code: 20003, retry_after_ms: 600_000 });
  assert.equal(await release(), true);
  assert.deepEqual(await list(), []);
  await letTimePass(sql, session, "9 minutes 55 seconds");
  assert.deepEqual(await list(), []);
  await letTimePass(sql, session, "5 seconds");
  assert.deepEqual(await list(), [session]);
});

Deno.test("a send that Twilio's list could not tell of sets the next time, longer the longer nobody could", async () => {
  const { session, begun, record, release, acquire } = await sending();
  await record(begun, { kind: "unknown" });
  await release();
  assert.deepEqual(await list(), [], "inside its grace");
  const pauses = [];
  for (let look = 0; look < 6; look++) {
    let waited = 0;
    while ((await list()).length === 0) {
      await letTimePass(sql, session, "1 second");
      waited++;
    }
    pauses.push(waited);
    await acquire();
    await record(begun, { kind: "unsettled" });
    await release();
    assert.deepEqual(await list(), [], "tried just now");
  }
  const [grace = 0, first = 0, ...later] = pauses;
  assert.ok(grace <= 20 && first >= 8, pauses.join());
  assert.ok((later.at(-1) ?? 0) > first, pauses.join());
});

Deno.test("a send inside its grace, seen absent once, or waiting for the callback of the last one holds the session up", async () => {
  const { session, begun, record, begin, release, acquire, claimed, complete } = await sending();
  await record(begun, { kind: "unknown" });
  await letTimePass(sql, session, "20 seconds");
  assert.equal((await begin()).outcome, "settle");
  const [looked] = await sql`
    select public.begin_send(${session}, 'holder', ${begun.message_id}, ${begun.send_attempt}) as send`;
  assert.equal(looked?.send.outcome, "in_grace");
  await release();
  assert.deepEqual(await list(), [], "seen absent once");
  await sql`update public.messages set absent_at = absent_at - interval '5 seconds' where id = ${begun.message_id}`;
  assert.deepEqual(await list(), [session]);

  await acquire();
  await record(begun, { kind: "found", message_sid: freshSid(), status: "queued" });
  const { batch_id } = await claimed();
  await sql`update public.messages set send_started_at = clock_timestamp() where id = ${begun.message_id}`;
  assert.equal((await complete(batch_id)).send.outcome, "postponed");
  await release();
  assert.deepEqual(await list(), [], "the last one has not left yet");
  await letTimePass(sql, session, "3 seconds");
  assert.deepEqual(await list(), [session]);
});

Deno.test("messages that wait for tomorrow, at the daily cap, are listed tomorrow", async () => {
  await sql`update public.owners set daily_model_calls = 0`;
  const { session, claim, sendAll, release } = await customerWaits(sql);
  assert.equal((await claim()).outcome, "capped");
  assert.equal((await sendAll()).length, 1);
  await release();
  assert.deepEqual(await list(), []);
  await letTimePass(sql, session, "24 hours");
  assert.deepEqual(await list(), [session]);
});

Deno.test("a live lease is left alone, an expired one is not; a message of this second is left to who brought it", async () => {
  const { session, claimed } = await customerWaits(sql);
  assert.deepEqual(await list(), []);
  await claimed();
  await letTimePass(sql, session, "1 minute");
  assert.deepEqual(await list(), [], "the lease is live");
  await sql`update public.sessions set batch_lock_until = clock_timestamp()`;
  assert.deepEqual(await list(), [session]);

  await sql`delete from public.message_queue`;
  await write(sql, "whatsapp:+551199999");
  assert.deepEqual(await list(), []);
});

Deno.test("least recently tried comes first, of those the one that has been due longest", async () => {
  const made = await makeSessions(sql, { sender, count: 5, since: "1 hour" });
  assert.deepEqual(await list(2), made.slice(0, 2));
  assert.deepEqual(await list(2), made.slice(2, 4));
  // What nobody has tried yet comes before what was tried, though it became due later.
  const [late] = await makeSessions(sql, { sender, count: 1, since: "1 minute" });
  assert.deepEqual(await list(3), [made[4], late, made[0]]);
  assert.deepEqual(await list(3), made.slice(1, 4));
});

Deno.test("within one tick nothing is listed twice", async () => {
  const made = await makeSessions(sql, { sender, count: 3, since: "1 hour" });
  const [tick] = await sql`select clock_timestamp() as begun`;
  const next = async () =>
    (await sql<{ id: string }[]>`select id from public.recover_stalled(2, 1, ${tick?.begun}) id`).map((
      { id },
    ) => id);
  assert.deepEqual([await next(), await next(), await next()], [made.slice(0, 2), made.slice(2), []]);
  assert.equal((await list()).length, 3, "the next tick tries them again");
});

Deno.test("two ticks at once share the sessions, and neither waits for the other", async () => {
  const made = await makeSessions(sql, { sender, count: 4, since: "1 hour" });
  await sql.begin(async (one) => {
    const first = await one<{ id: string }[]>`select id from public.recover_stalled(2) id`;
    const second = await sql.begin(async (other) => {
      await other`set local lock_timeout = '2s'`;
      return await other<{ id: string }[]>`select id from public.recover_stalled(2) id`;
    });
    assert.deepEqual([...first, ...second].map(({ id }) => id), made);
  });
});
