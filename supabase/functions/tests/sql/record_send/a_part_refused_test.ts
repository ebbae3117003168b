import assert from "node:assert/strict";
import { freshDatabase, type TestDatabase } from "../../fixtures/database.ts";
import {
  accept,
  begin,
  begunIn,
  callback,
  deliveryFlag,
  message,
  record,
  reply,
} from "../../fixtures/sends.ts";

const noWhatsApp = 63024;

async function operatorWrites(sql: TestDatabase["sql"], conversation: string): Promise<string> {
  const [row] = await sql`select public.send_operator_message(${conversation}, 'Aqui é a Ana.') as id`;
  return row?.id;
}

async function ends(sql: TestDatabase["sql"], ids: string[]) {
  const rows = await Promise.all(ids.map((id) => message(sql, id)));
  return rows.map(({ delivery_status, cancel_reason }) => [delivery_status, cancel_reason]);
}

Deno.test("a part that Twilio refuses for good takes the rest of its reply with it, and nothing else", async () => {
  await using database = await freshDatabase();
  const { sql } = database;
  const { session, conversation, parts, send } = await reply(sql, ["Um", "dois", "três"]);
  const ana = await operatorWrites(sql, conversation);

  const { send: next } = await record(sql, session, send, { kind: "failed", error_code: noWhatsApp });
  assert.equal(begunIn(next).message_id, ana);
  assert.deepEqual(await ends(sql, parts), [
    ["failed", null],
    ["canceled", "part_failed"],
    ["canceled", "part_failed"],
  ]);
  assert.deepEqual(await deliveryFlag(sql, conversation), {
    message_id: send.message_id,
    reason: "failed",
    error_code: noWhatsApp,
  });
});

Deno.test("so does a part that Twilio took, and reports as failed while the next one waits for it", async () => {
  await using database = await freshDatabase();
  const { sql } = database;
  const { session, conversation, parts, send } = await reply(sql, ["Um", "dois"]);
  await accept(sql, session, send, "SM1");
  await callback(sql, {
    messageId: send.message_id,
    sid: "SM1",
    status: "undelivered",
    errorCode: noWhatsApp,
  });
  assert.deepEqual((await begin(sql, session)).canceled, [{ message_id: parts[1], reason: "part_failed" }]);
  assert.deepEqual(await ends(sql, parts), [["undelivered", null], ["canceled", "part_failed"]]);
  assert.equal((await deliveryFlag(sql, conversation))?.error_code, noWhatsApp);
});
