import assert from "node:assert/strict";
import { freshDatabase } from "../../fixtures/database.ts";
import { makeSessions, registerAnother } from "../../fixtures/many_sessions.ts";
import { sender } from "../../fixtures/test_stack.ts";

Deno.test("where the statistics say that all is dead and nothing unsent, thousands who wait are listed by their index all the same", async () => {
  await using database = await freshDatabase();
  const { sql } = database;
  for (const table of ["messages", "message_queue", "sessions"]) {
    await sql`alter table ${sql(table)} set (autovacuum_enabled = false)`;
  }
  await makeSessions(sql, { sender, count: 100, since: "2 days" });
  await sql`update message_queue set status = 'dead', batch_id = gen_random_uuid()`;
  await sql`vacuum analyze`;
  const waiting = 3_000;
  await makeSessions(sql, { sender, count: waiting, since: "2 hours", trouble: "postponed" });
  const [victim] = await makeSessions(sql, {
    sender: await registerAnother(sql),
    count: 1,
    since: "10 seconds",
  });
  // A connection of its own has counted nothing before.
  const read = await database.connect().begin(async (transaction) => {
    const listed = await transaction<{ id: string }[]>`select id from public.recover_stalled() id`;
    await transaction`select * from public.begin_sweep()`;
    const [messages] = await transaction<{ rows: number }[]>`
      select (seq_tup_read + idx_tup_fetch)::integer as rows from pg_stat_xact_user_tables where relname = 'messages'`;
    return { listed: listed.map(({ id }) => id), rows: messages?.rows ?? 0 };
  });
  assert.deepEqual(read.listed, [victim]);
  // A join of all with all read nine million.
  assert(read.rows < 20 * waiting, `${read.rows} rows of messages`);
});
