import assert from "node:assert/strict";
import type postgres from "postgres";
import { freshDatabase, type TestDatabase } from "../../fixtures/database.ts";
import { sender } from "../../fixtures/test_stack.ts";

let database: TestDatabase;

/** Three thousand customers, each with ten messages, of which one waits, and a batch. */
Deno.test.beforeAll(async () => {
  database = await freshDatabase();
  const { sql } = database;
  await sql`
    insert into sessions (owner_id, sender, customer_address)
    select owner_id, address, 'whatsapp:+5511' || n from senders, generate_series(1, 3000) n where address = ${sender}`;
  await sql`insert into conversations (owner_id, session_id) select owner_id, id from sessions`;
  await sql`
    insert into messages (owner_id, session_id, conversation_id, direction, author, message_sid)
    select owner_id, session_id, id, 'inbound', 'customer', 'SM' || id || n
    from conversations, generate_series(1, 10) n`;
  await sql`
    insert into message_queue (message_id, message_sid, session_id)
    select distinct on (session_id) id, message_sid, session_id from messages`;
  await sql`
    insert into reply_batches (owner_id, session_id, conversation_id, lock_id, message_ids, attempt)
    select owner_id, session_id, conversation_id, 'holder', array_agg(id), 1 from messages group by 1, 2, 3`;
  await sql`
    insert into conversation_state_history (conversation_id, owner_id, from_status, to_status, version, changed_by)
    select id, owner_id, 'pending', 'progress', n, 'test' from conversations, generate_series(2, 4) n`;
  await sql`vacuum analyze`;
});
Deno.test.afterAll(async () => await database[Symbol.asyncDispose]());

const told = [
  "sessions",
  "conversations",
  "messages",
  "message_queue",
  "reply_batches",
  "conversation_state_history",
];

/** Which tables a deletion reads from end to end. It is taken back. */
async function readWhole(deletion: (sql: postgres.TransactionSql) => Promise<unknown>): Promise<string[]> {
  let scanned: string[] = [];
  // A connection of its own has counted nothing before.
  await database.connect().begin(async (sql) => {
    const begun = performance.now();
    await deletion(sql);
    assert.ok(performance.now() - begun < 2_000);
    const rows = await sql<{ relname: string }[]>`
      select relname from pg_stat_xact_user_tables
      where schemaname = 'public' and relname = any (${told}) and seq_scan > 0 order by 1`;
    scanned = rows.map(({ relname }) => relname);
    throw new Rollback();
  }).catch((error) => {
    if (!(error instanceof Rollback)) throw error;
  });
  return scanned;
}

class Rollback extends Error {}

async function idsOf(table: "sessions" | "conversations" | "messages"): Promise<string[]> {
  const rows = await database.sql<{ id: string }[]>`select id from ${database.sql(table)} limit 20`;
  return rows.map(({ id }) => id);
}

for (const table of ["sessions", "conversations", "messages"] as const) {
  Deno.test(`deleting ${table} reads what belongs to them and no table from end to end`, async () => {
    const ids = await idsOf(table);
    assert.deepEqual(
      await readWhole(async (sql) => {
        for (const id of ids) await sql`delete from ${sql(table)} where id = ${id}`;
      }),
      [],
    );
  });
}

Deno.test("every column that a deletion follows from messages, conversations and sessions has an index", async () => {
  const bare = await database.sql`
    select k.conrelid::regclass::text as table, a.attname as column
    from pg_constraint k
    join pg_attribute a on a.attrelid = k.conrelid and a.attnum = k.conkey[1]
    where k.contype = 'f'
      and k.confrelid in ('messages'::regclass, 'conversations'::regclass, 'sessions'::regclass)
      and not exists (
        select from pg_index i where i.indrelid = k.conrelid and i.indkey[0] = k.conkey[1] and i.indpred is null
      )
    order by 1, 2`;
  assert.deepEqual(bare.map((row) => ({ ...row })), []);
});
