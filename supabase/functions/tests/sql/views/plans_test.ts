import assert from "node:assert/strict";
import type postgres from "postgres";
import { freshDatabase, type TestDatabase } from "../../fixtures/database.ts";
import { sender } from "../../fixtures/test_stack.ts";

let database: TestDatabase;
let session: string;

/** Two thousand customers who wait, each with a reply that is not sent yet. */
Deno.test.beforeAll(async () => {
  database = await freshDatabase();
  const { sql } = database;
  await sql`
    insert into sessions (owner_id, sender, customer_address)
    select owner_id, address, 'whatsapp:+5511' || n from senders, generate_series(1, 2000) n where address = ${sender}`;
  await sql`insert into conversations (owner_id, session_id) select owner_id, id from sessions`;
  await sql`
    insert into messages (owner_id, session_id, conversation_id, direction, author, message_sid)
    select owner_id, session_id, id, 'inbound', 'customer', 'SM' || id from conversations`;
  await sql`
    insert into messages (owner_id, session_id, conversation_id, direction, author, body, delivery_status)
    select owner_id, session_id, id, 'outbound', 'assistant', 'Oi', 'pending' from conversations`;
  await sql`
    insert into message_queue (message_id, message_sid, session_id)
    select id, message_sid, session_id from messages where direction = 'inbound'`;
  await sql`analyze`;
  const [row] = await sql<{ id: string }[]>`select id from sessions limit 1`;
  session = row?.id ?? "";
});
Deno.test.afterAll(async () => await database[Symbol.asyncDispose]());

async function indexesOf(query: postgres.PendingQuery<postgres.Row[]>): Promise<string[]> {
  const [row] = await database.sql`explain (format json) ${query}`;
  const plan = JSON.stringify(row?.["QUERY PLAN"]);
  assert.ok(!plan.includes("Seq Scan"), plan);
  return [...plan.matchAll(/"Index Name":"(\w+)"/g)].map(([, name = ""]) => name);
}

Deno.test("a session's waiting rows are found by the index, through the view as without it", async () => {
  const { sql } = database;
  const bare = sql`
    select id from public.message_queue
    where session_id = ${session} and status <> 'dead' and available_at <= statement_timestamp()`;
  const viewed = sql`
    select id from private.waiting_rows where session_id = ${session} and available_at <= statement_timestamp()`;
  assert.deepEqual(await indexesOf(bare), ["message_queue_by_session"]);
  assert.deepEqual(await indexesOf(viewed), ["message_queue_by_session"]);
  assert.deepEqual(
    await indexesOf(sql`update private.waiting_rows set status = 'pending' where session_id = ${session}`),
    ["message_queue_by_session"],
  );
});

Deno.test("a session's oldest unfinished send is found by the index, through the view as without it", async () => {
  const { sql } = database;
  const bare = sql`
    select id from public.messages
    where session_id = ${session} and direction = 'outbound' and message_sid is null
      and delivery_status in ('pending', 'sending', 'unknown')
    order by seq limit 1 for no key update`;
  const viewed = sql`
    select id from private.unfinished_sends where session_id = ${session} order by seq limit 1 for no key update`;
  assert.deepEqual(await indexesOf(bare), ["messages_unconfirmed"]);
  assert.deepEqual(await indexesOf(viewed), ["messages_unconfirmed"]);
});
