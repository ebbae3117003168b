import assert from "node:assert/strict";
import type postgres from "postgres";
import { write } from "../../fixtures/conversations.ts";
import { freshAddress } from "../../fixtures/customer_address.ts";
import { freshDatabase, type TestDatabase } from "../../fixtures/database.ts";

let database: TestDatabase;
let sql: postgres.Sql;

Deno.test.beforeEach(async () => {
  database = await freshDatabase();
  sql = database.sql;
});
Deno.test.afterEach(async () => await database[Symbol.asyncDispose]());

async function keepHouse(limit = 2_000, retentionDays = 90) {
  const [row] =
    await sql`select orphans, dead_letters from public.sweep_housekeeping(${retentionDays}, ${limit})`;
  return { ...row };
}

/** Orphans that came so many days ago. */
async function orphans(count: number, days: number, { solvedDaysAgo = null as number | null } = {}) {
  await sql`
    insert into public.orphaned_messages (message_sid, params, reason, received_at, resolved_at)
    select 'SM' || gen_random_uuid(), '{}', 'unknown_sender', now() - ${days} * interval '1 day',
      now() - ${solvedDaysAgo}::integer * interval '1 day'
    from generate_series(1, ${count})`;
}

/** A customer with messages that were given up on so many days ago. */
async function deadLetters(count: number, days: number): Promise<string> {
  const from = freshAddress();
  let session = "";
  for (let written = 0; written < count; written++) session = (await write(sql, from)).session_id;
  await sql`
    update public.messages set unanswered_reason = 'given_up', created_at = created_at - ${days} * interval '1 day'
    where session_id = ${session}`;
  await sql`
    update public.message_queue set status = 'dead', created_at = created_at - ${days} * interval '1 day'
    where session_id = ${session}`;
  return session;
}

const left = async (table: "orphaned_messages" | "message_queue") =>
  (await sql`select from ${sql(table)}`).length;

Deno.test("orphans that nobody took up go after the retention, a portion at a time; young ones stay", async () => {
  await orphans(7, 91);
  await orphans(2, 89);
  const portions = [];
  for (let step = 0; step < 4; step++) portions.push((await keepHouse(3)).orphans);
  assert.deepEqual(portions, [3, 3, 1, 0]);
  assert.equal(await left("orphaned_messages"), 2);
});

Deno.test("an old orphan that was solved lately stays as long as anything else", async () => {
  await orphans(1, 200, { solvedDaysAgo: 89 });
  await orphans(1, 200, { solvedDaysAgo: 91 });
  assert.equal((await keepHouse()).orphans, 1);
  assert.equal(await left("orphaned_messages"), 1);
});

Deno.test("dead letters that nobody redrove go after the retention, a portion at a time; young ones stay", async () => {
  for (let customer = 0; customer < 5; customer++) await deadLetters(1, 91);
  const young = await deadLetters(2, 89);
  const portions = [];
  for (let step = 0; step < 4; step++) portions.push((await keepHouse(2)).dead_letters);
  assert.deepEqual(portions, [2, 2, 1, 0]);
  const rows = await sql`select session_id from public.message_queue`;
  assert.deepEqual(rows.map(({ session_id }) => session_id), [young, young]);
});

Deno.test("what was said stays, with the reason why it needs no reply", async () => {
  const session = await deadLetters(1, 91);
  await keepHouse();
  const said = await sql`select body, unanswered_reason from public.messages where session_id = ${session}`;
  assert.deepEqual(said.map((row) => ({ ...row })), [{ body: "Oi", unanswered_reason: "given_up" }]);
});

Deno.test("what still waits is never forgotten, however old", async () => {
  const session = await deadLetters(2, 400);
  await sql`update public.message_queue set status = 'pending' where session_id = ${session}`;
  assert.equal((await keepHouse()).dead_letters, 0);
  assert.equal(await left("message_queue"), 2);
});

Deno.test("a session that somebody has is passed by, and taken the next time", async () => {
  const session = await deadLetters(1, 91);
  await deadLetters(1, 91);
  await sql.begin(async (holder) => {
    await holder`select from public.sessions where id = ${session} for no key update`;
    const step = await sql.begin(async (sweep) => {
      await sweep`set local lock_timeout = '2s'`;
      return await sweep`select dead_letters from public.sweep_housekeeping(90, 2000)`;
    });
    assert.equal(step[0]?.dead_letters, 1);
  });
  assert.equal((await keepHouse()).dead_letters, 1);
});

Deno.test("without a retention all of it is kept", async () => {
  await orphans(1, 1_000);
  await deadLetters(1, 1_000);
  assert.deepEqual(await keepHouse(2_000, 0), { orphans: 0, dead_letters: 0 });
  assert.deepEqual([await left("orphaned_messages"), await left("message_queue")], [1, 1]);
});

Deno.test("those of one customer go a portion at a time, too", async () => {
  await deadLetters(7, 91);
  const portions = [];
  for (let step = 0; step < 4; step++) portions.push((await keepHouse(3)).dead_letters);
  assert.deepEqual(portions, [3, 3, 1, 0]);
});
