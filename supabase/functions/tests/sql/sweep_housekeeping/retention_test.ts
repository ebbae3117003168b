import assert from "node:assert/strict";
import type postgres from "postgres";
import { freshDatabase, type TestDatabase } from "../../fixtures/database.ts";
import { letTimePass, write } from "../../fixtures/conversations.ts";
import { freshAddress } from "../../fixtures/customer_address.ts";

let database: TestDatabase;
let sql: postgres.Sql;

Deno.test.beforeEach(async () => {
  database = await freshDatabase();
  sql = database.sql;
});
Deno.test.afterEach(async () => await database[Symbol.asyncDispose]());

const days = (count: number) => count * 24 * 60;

async function keepHouse(retentionDays: number | null, limit = 2_000) {
  const [row] = await sql`select * from public.sweep_housekeeping(${retentionDays}, ${limit})`;
  return { raw: row?.raw_payloads, runs: row?.sweep_runs };
}

async function bare(): Promise<string[]> {
  const rows = await sql`select message_sid from public.messages where metadata = '{}' order by seq`;
  return rows.map(({ message_sid }) => message_sid);
}

/** Twelve messages: seven from 91 days ago, then five of today. */
async function writeTwelve(): Promise<string[]> {
  const from = freshAddress();
  const written = [];
  for (let count = 0; count < 7; count++) written.push(await write(sql, from));
  await letTimePass(sql, written[0]?.session_id ?? "", `${days(91)} minutes`);
  for (let count = 0; count < 5; count++) await write(sql, from);
  const rows = await sql`select message_sid from public.messages order by seq`;
  return rows.map(({ message_sid }) => message_sid);
}

Deno.test("raw payloads go after their retention, a step at a time, each where the last one stopped", async () => {
  const sids = await writeTwelve();
  const steps = [];
  for (let step = 0; step < 4; step++) {
    steps.push((await keepHouse(90, 3)).raw);
    assert.deepEqual(await bare(), sids.slice(0, Math.min(3 * (step + 1), 7)));
  }
  assert.deepEqual(steps, [3, 3, 1, 0]);
});

Deno.test("a message and what it says outlive its raw payload", async () => {
  const { message_id, session_id } = await write(sql, freshAddress(), { body: "Bolo de cenoura" });
  await letTimePass(sql, session_id, `${days(91)} minutes`);
  await keepHouse(90);
  const [row] =
    await sql`select body, metadata, message_sid is not null as sid from public.messages where id = ${message_id}`;
  assert.deepEqual({ ...row }, { body: "Bolo de cenoura", metadata: {}, sid: true });
});

Deno.test("without a retention everything is kept", async () => {
  await writeTwelve();
  assert.deepEqual(await keepHouse(0), { raw: 0, runs: 0 });
  assert.deepEqual(await keepHouse(null), { raw: 0, runs: 0 });
  assert.deepEqual(await bare(), []);
});

Deno.test("gaps in the numbers, however wide, do not stop it", async () => {
  const sids = await writeTwelve();
  await sql`alter table public.messages alter column seq restart with 5000000`;
  const from = freshAddress();
  const { session_id } = await write(sql, from);
  await letTimePass(sql, session_id, `${days(91)} minutes`);
  await sql`update public.messages set created_at = created_at - interval '91 days' where created_at > now() - interval '1 day'`;
  for (let step = 0; step < 8; step++) await keepHouse(90, 3);
  assert.equal((await bare()).length, sids.length + 1);
});

Deno.test("two at the same time clear no payload twice, and the second does not wait", async () => {
  await writeTwelve();
  await keepHouse(90, 1);
  await sql.begin(async (first) => {
    const [row] = await first`select raw_payloads from public.sweep_housekeeping(90, 3)`;
    assert.equal(row?.raw_payloads, 3);
    const second = await sql.begin(async (other) => {
      await other`set local lock_timeout = '2s'`;
      return await other`select raw_payloads from public.sweep_housekeeping(90, 3)`;
    });
    assert.equal(second[0]?.raw_payloads, 0);
  });
  assert.equal((await bare()).length, 4);
});

Deno.test("records of ticks are kept for a week, solved orphans for as long as raw payloads", async () => {
  await sql`insert into public.sweep_runs (started_at) values (now() - interval '8 days'), (now() - interval '6 days')`;
  await sql`
    insert into public.orphaned_messages (message_sid, params, reason, resolved_at) values
      ('SM1', '{}', 'unknown_sender', now() - interval '91 days'),
      ('SM2', '{}', 'unknown_sender', now() - interval '89 days'),
      ('SM3', '{}', 'unknown_sender', null)`;
  assert.equal((await keepHouse(90)).runs, 1);
  const left = await sql`select message_sid from public.orphaned_messages order by 1`;
  assert.deepEqual(left.map(({ message_sid }) => message_sid), ["SM2", "SM3"]);
});
