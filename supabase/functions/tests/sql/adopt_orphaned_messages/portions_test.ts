import assert from "node:assert/strict";
import type postgres from "postgres";
import { freshDatabase, type TestDatabase } from "../../fixtures/database.ts";
import { accountSid, sender } from "../../fixtures/test_stack.ts";
import { orphan } from "./orphans.ts";

let database: TestDatabase;
let sql: postgres.Sql;

Deno.test.beforeEach(async () => {
  database = await freshDatabase();
  sql = database.sql;
});
Deno.test.afterEach(async () => await database[Symbol.asyncDispose]());

/** So many orphans of `to`, a second apart, the newest inserted first, of so many customers. */
async function orphans(count: number, { to = sender, customers = 3 } = {}): Promise<void> {
  await sql`
    insert into public.orphaned_messages
      (message_sid, account_sid, from_address, to_address, params, reason, received_at)
    select sid, ${accountSid}, "from", ${to},
      jsonb_build_object('MessageSid', sid, 'AccountSid', ${accountSid}::text, 'From', "from", 'To', ${to}::text,
        'Body', 'mensagem ' || n),
      'unknown_sender', now() - interval '2 hours' + n * interval '1 second'
    from (
      select n, 'SMorphan' || ${to}::text || n as sid, 'whatsapp:+55119' || n % ${customers} as "from"
      from generate_series(${count}, 1, -1) n
    ) o`;
}

/** One call as a machine makes it, whose statements end after 8 s. */
const adopt = () =>
  database.as("service_role", async (service) => {
    await service`set local statement_timeout = '8s'`;
    const [row] = await service<
      { taken: number }[]
    >`select public.adopt_orphaned_messages(${sender}) as taken`;
    return row?.taken ?? 0;
  });

Deno.test("three thousand orphans of one customer are taken up in portions, each within a statement's time, and counted", async () => {
  await orphans(3_000, { customers: 1 });
  const portions = [];
  for (let taken; (taken = await adopt()) > 0;) portions.push(taken);
  assert.ok(portions.length > 1, "several portions");
  assert.ok(portions.every((taken) => taken <= 100), portions.join());
  assert.equal(portions.reduce((sum, taken) => sum + taken), 3_000);
  const [sums] = await sql`
    select
      (select count(*)::integer from public.message_queue) as queued,
      (select count(*)::integer from public.orphaned_messages where resolved_at is null) as left`;
  assert.deepEqual({ ...sums }, { queued: 3_000, left: 0 });
});

Deno.test("oldest first: what one portion takes came before what is left, and stays in its order", async () => {
  await orphans(250);
  assert.equal(await adopt(), 100);
  const taken = await sql<{ body: string; created_at: Date }[]>`
    select body, created_at from public.messages order by seq`;
  assert.deepEqual(taken.map(({ body }) => body), Array.from({ length: 100 }, (_, n) => `mensagem ${n + 1}`));
  const [left] =
    await sql`select min(received_at) as first from public.orphaned_messages where resolved_at is null`;
  assert.ok((taken.at(-1)?.created_at ?? new Date()) < left?.first, "each is dated when it came");
});

Deno.test("a portion keeps no customer waiting: the sessions of the others are free meanwhile", async () => {
  await orphans(2);
  await sql.begin(async (adopting) => {
    const [row] = await adopting`select public.adopt_orphaned_messages(${sender}, 1) as taken`;
    assert.equal(row?.taken, 1);
    await sql.begin(async (webhook) => {
      await webhook`set local lock_timeout = '2s'`;
      const params = { MessageSid: "SMfresh", AccountSid: accountSid, From: "whatsapp:+551192", To: sender };
      await webhook`select public.ingest_inbound_message(${webhook.json(params)})`;
    });
  });
});

Deno.test("of two who adopt at once neither stops the other, whatever the order of their customers, and each message is taken once", async () => {
  await orphans(60, { customers: 2 });
  const adopter = async () => {
    const connection = database.connect();
    let sum = 0;
    for (let taken = 1; taken > 0; sum += taken) {
      const [row] = await connection`select public.adopt_orphaned_messages(${sender}, 3) as taken`;
      taken = row?.taken;
    }
    return sum;
  };
  const [one = 0, other = 0] = await Promise.all([adopter(), adopter()]);
  assert.equal(one + other, 60);
  const [sums] = await sql`select count(*)::integer as stored from public.messages`;
  assert.equal(sums?.stored, 60);
});

Deno.test("a portion finds its orphans by the index, among however many of others", async () => {
  await orphans(20_000, { to: "whatsapp:+19990000000" });
  await orphans(300);
  await sql`vacuum analyze public.orphaned_messages`;
  // A connection of its own has counted nothing before.
  const [read] = await database.connect().begin(async (transaction) => {
    await transaction`select public.adopt_orphaned_messages(${sender})`;
    return await transaction<{ scans: number; rows: number; by_index: number }[]>`
      select seq_scan::integer as scans, (seq_tup_read + idx_tup_fetch)::integer as rows
      from pg_stat_xact_user_tables where relname = 'orphaned_messages'`;
  });
  assert.equal(read?.scans, 0);
  assert.ok((read?.rows ?? 0) <= 1_000, `${read?.rows} rows read`);
});

Deno.test("what is still for nobody stands in nobody's way, and is not counted", async () => {
  await orphans(5);
  await sql`update public.orphaned_messages set account_sid = 'ACother' where message_sid like '%1'`;
  assert.equal(await adopt(), 4);
  assert.equal(await adopt(), 0);
  await sql`update public.senders set active = false`;
  await orphan(sql, "whatsapp:+5511777", { ago: "1 hour" });
  assert.equal(await adopt(), 0);
});

Deno.test("what reached us again meanwhile is taken up once", async () => {
  await orphan(sql, "whatsapp:+5511777", { ago: "1 hour" });
  const [{ params } = { params: {} }] = await sql<{ params: Record<string, string> }[]>`
    select params from public.orphaned_messages`;
  await sql`select public.ingest_inbound_message(${sql.json(params)})`;
  assert.equal(await adopt(), 1);
  assert.equal((await sql`select from public.message_queue`).length, 1);
});
