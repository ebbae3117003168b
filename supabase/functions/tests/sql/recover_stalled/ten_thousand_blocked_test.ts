import assert from "node:assert/strict";
import type postgres from "postgres";
import { freshDatabase, type TestDatabase } from "../../fixtures/database.ts";
import { sender } from "../../fixtures/test_stack.ts";
import { makeSessions, registerAnother, troubles } from "../../fixtures/many_sessions.ts";

let database: TestDatabase;
let sql: postgres.Sql;
let due: Set<string>;
let victim: string;

/** 10,000 sessions of one organization that cannot act, 300 that can, and one of another, younger than all. */
Deno.test.beforeAll(async () => {
  database = await freshDatabase();
  sql = database.sql;
  for (const [index, trouble] of troubles.entries()) {
    await makeSessions(sql, { sender, count: 3_333 + Number(index === 0), since: "2 hours", trouble });
  }
  due = new Set(await makeSessions(sql, { sender, count: 300, since: "1 hour" }));
  [victim = ""] = await makeSessions(sql, {
    sender: await registerAnother(sql),
    count: 1,
    since: "10 seconds",
  });
  await sql`vacuum analyze`;
});
Deno.test.beforeEach(async () => {
  await sql`update public.sessions set swept_at = null where swept_at is not null`;
});
Deno.test.afterAll(async () => await database[Symbol.asyncDispose]());

async function list(of: postgres.ISql = sql): Promise<string[]> {
  const rows = await of<{ id: string }[]>`select id from public.recover_stalled() id`;
  return rows.map(({ id }) => id);
}

Deno.test("the one session of another organization is in the first list, among the first two", async () => {
  const first = await list();
  assert.equal(first.length, 50);
  assert.ok(first.slice(0, 2).includes(victim), `its place is ${first.indexOf(victim)}`);
});

Deno.test("no session that cannot act is ever listed, and each that can is once a tick", async () => {
  const [tick] = await sql`select clock_timestamp() as begun`;
  const listed: string[] = [];
  for (;;) {
    const rows = await sql<{ id: string }[]>`select id from public.recover_stalled(50, 1, ${tick?.begun}) id`;
    if (rows.length === 0) break;
    listed.push(...rows.map(({ id }) => id));
    assert.ok(listed.length <= 301, "it comes to an end");
  }
  assert.equal(listed.length, 301);
  assert.deepEqual(new Set(listed), new Set([...due, victim]));
});

Deno.test("ticks that cannot help go through all, before any is tried again", async () => {
  const tried = new Set<string>();
  for (let tick = 0; tick < 7; tick++) for (const id of await list()) tried.add(id);
  assert.equal(tried.size, 301);
});

Deno.test("listing reads what waits, once, and not all that was said or all who ever wrote; in less than a second", async () => {
  // Nobody waits for anything in these, as in most.
  await sql`
    insert into public.sessions (owner_id, sender, customer_address)
    select owner_id, address, 'whatsapp:+56' || n from public.senders, generate_series(1, 50000) n
    where address = ${sender}`;
  // And there is much that was never sent, and never will be.
  await sql`
    insert into public.messages (owner_id, session_id, conversation_id, direction, author, body, delivery_status)
    select owner_id, session_id, id, 'outbound', 'assistant', 'Olá', 'canceled'
    from public.conversations, generate_series(1, 3)`;
  await sql`vacuum analyze`;
  const [{ waiting } = { waiting: 0 }] = await sql<{ waiting: number }[]>`
    select count(*)::integer as waiting from public.message_queue`;
  // A connection of its own has counted nothing before.
  const read = await database.connect().begin(async (transaction) => {
    const begun = performance.now();
    await list(transaction);
    assert.ok(performance.now() - begun < 1_000);
    const rows = await transaction<{ relname: string; whole: number; rows: number }[]>`
      select relname, seq_scan::integer as whole, (seq_tup_read + coalesce(idx_tup_fetch, 0))::integer as rows
      from pg_stat_xact_user_tables where schemaname = 'public'`;
    return new Map(rows.map(({ relname, ...counts }) => [relname, counts]));
  });
  const rowsOf = (table: string) => read.get(table)?.rows ?? NaN;
  assert.deepEqual(
    [read.get("messages")?.whole, read.get("sessions")?.whole],
    [0, 0],
    "read from end to end",
  );
  // Twice: the heads themselves, and once more for what stands behind them.
  assert.ok(rowsOf("messages") <= 2 * waiting, `${rowsOf("messages")} messages`);
  assert.ok(rowsOf("sessions") <= 1_000, `${rowsOf("sessions")} sessions`);
  // The queue holds little but what waits.
  assert.ok(rowsOf("message_queue") <= waiting, `${rowsOf("message_queue")} rows of the queue`);
});
