import assert from "node:assert/strict";
import { callback, reply } from "../../fixtures/sends.ts";
import type postgres from "postgres";
import { freshSid, letTimePass, write } from "../../fixtures/conversations.ts";
import { freshAddress } from "../../fixtures/customer_address.ts";
import { freshDatabase, type TestDatabase } from "../../fixtures/database.ts";
import { customerWaits } from "../../fixtures/holder.ts";
import { adopt, orphan } from "./orphans.ts";

let database: TestDatabase;
let sql: postgres.Sql;

Deno.test.beforeEach(async () => {
  database = await freshDatabase();
  sql = database.sql;
});
Deno.test.afterEach(async () => await database[Symbol.asyncDispose]());

async function wantsNoReplies(): Promise<boolean> {
  const [row] = await sql`select opted_out_at is not null as out from public.sessions`;
  return row?.out;
}

const say = (from: string, optOut: "STOP" | "START") =>
  write(sql, from, { body: optOut, extra: { OptOutType: optOut } });

Deno.test("a START that came before the customer's STOP does not take it back", async () => {
  const from = freshAddress();
  await say(from, "STOP");
  await orphan(sql, from, { ago: "1 hour", optOut: "START" });
  assert.equal(await adopt(sql), 1);
  assert.equal(await wantsNoReplies(), true);
});

Deno.test("a START that came after it does", async () => {
  const from = freshAddress();
  const { session_id } = await say(from, "STOP");
  await letTimePass(sql, session_id, "2 hours");
  await orphan(sql, from, { ago: "1 hour", optOut: "START" });
  await adopt(sql);
  assert.equal(await wantsNoReplies(), false);
});

Deno.test("a STOP that came before the customer's START does not silence us", async () => {
  const from = freshAddress();
  await say(from, "STOP");
  await say(from, "START");
  await orphan(sql, from, { ago: "1 hour", optOut: "STOP" });
  await adopt(sql);
  assert.equal(await wantsNoReplies(), false);
});

Deno.test("orphans alone: the last word of the customer counts", async () => {
  for (const [last, silenced] of [["STOP", true], ["START", false]] as const) {
    await sql`delete from public.sessions`;
    const from = freshAddress();
    await orphan(sql, from, { ago: "3 hours", optOut: "STOP" });
    await orphan(sql, from, { ago: "2 hours", optOut: "START" });
    await orphan(sql, from, { ago: "1 hour", optOut: last });
    assert.equal(await adopt(sql), 3);
    assert.equal(await wantsNoReplies(), silenced);
  }
});

Deno.test("what came before Twilio's own refusal does not lift it, what comes after does", async () => {
  const { from, claimed, complete, record } = await customerWaits(sql);
  const { send } = await complete((await claimed()).batch_id);
  await record(send.message, { kind: "failed", error_code: 21610 });
  assert.equal(await wantsNoReplies(), true);
  await orphan(sql, from, { ago: "1 hour" });
  await adopt(sql);
  assert.equal(await wantsNoReplies(), true);
  await write(sql, from, { messageSid: freshSid() });
  assert.equal(await wantsNoReplies(), false);
});

Deno.test("a STOP said again counts from the second time: a START between the two does not take it back", async () => {
  const from = freshAddress();
  const { session_id } = await say(from, "STOP");
  await letTimePass(sql, session_id, "2 hours");
  await say(from, "STOP");
  await orphan(sql, from, { ago: "1 hour", optOut: "START" });
  await adopt(sql);
  assert.equal(await wantsNoReplies(), true);
});

Deno.test("a START since a refused send began is heard, though the refusal is told later", async () => {
  const { session, customer, send } = await reply(sql, ["Oi"]);
  await letTimePass(sql, session, "7200 seconds");
  await orphan(sql, customer, { ago: "1 hour", optOut: "START" });
  await callback(sql, { messageId: send.message_id, sid: "SM1", status: "failed", errorCode: 21610 });
  await adopt(sql);
  assert.equal(await wantsNoReplies(), false);
});
