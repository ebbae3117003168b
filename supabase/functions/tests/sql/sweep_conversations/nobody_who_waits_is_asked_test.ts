import assert from "node:assert/strict";
import { record, reply } from "../../fixtures/sends.ts";
import type postgres from "postgres";
import { letTimePass, move, sweepConversations, talk, write } from "../../fixtures/conversations.ts";
import { freshDatabase, type TestDatabase } from "../../fixtures/database.ts";
import { customerWaits } from "../../fixtures/holder.ts";

let database: TestDatabase;
let sql: postgres.Sql;

Deno.test.beforeEach(async () => {
  database = await freshDatabase();
  sql = database.sql;
  await sql`update public.assistants set idle_message = 'Ainda está aí?', delay_notice_seconds = null`;
});
Deno.test.afterEach(async () => await database[Symbol.asyncDispose]());

Deno.test("whether they are still there is not asked of customers whose message still waits for us", async () => {
  const holder = await customerWaits(sql);
  const { batch_id } = await holder.claimed();
  const [row] = await sql`select conversation_id from public.messages where session_id = ${holder.session}`;
  await move(sql, row?.conversation_id, "progress");
  await holder.fail(batch_id, "wait", { askedMs: 3_600_000 });
  await letTimePass(sql, holder.session, "61 minutes");
  await sql`update public.conversations set updated_at = updated_at - interval '61 minutes', sweep_at = now()`;
  assert.equal((await sweepConversations(sql)).idle_messages, 0);
  assert.deepEqual((await sql`select from public.messages where direction = 'outbound'`).length, 0);
});

Deno.test("nor of those whose message waits for tomorrow, when the daily cap is reached", async () => {
  const { session_id } = await talk(sql);
  const [customer] = await sql`select customer_address from public.sessions where id = ${session_id}`;
  await write(sql, customer?.customer_address);
  await sql`update public.message_queue set available_at = now() + interval '9 hours'`;
  await letTimePass(sql, session_id, "61 minutes");
  assert.equal((await sweepConversations(sql)).idle_messages, 0);
});

Deno.test("it is asked where only a dead letter is left", async () => {
  const { session_id } = await talk(sql);
  const [customer] = await sql`select customer_address from public.sessions where id = ${session_id}`;
  await write(sql, customer?.customer_address);
  await sql`update public.message_queue set status = 'dead'`;
  await letTimePass(sql, session_id, "61 minutes");
  assert.equal((await sweepConversations(sql)).idle_messages, 1);
});

Deno.test("nor of those whose reply has not gone out yet", async () => {
  await using database = await freshDatabase();
  const { sql } = database;
  await sql`update public.assistants set idle_message = 'Ainda está aí?'`;
  const { session, send } = await reply(sql, ["Oi"]);
  await record(sql, session, send, { kind: "postponed", retry_after_ms: 3_600_000, error_code: 20003 });
  await letTimePass(sql, session, "61 minutes");
  assert.equal((await sweepConversations(sql)).idle_messages, 0);
});
