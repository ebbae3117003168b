import assert from "node:assert/strict";
import { letTimePass } from "../../fixtures/conversations.ts";
import { freshDatabase, type TestDatabase } from "../../fixtures/database.ts";
import { accept, begin, begunIn, callback, message, record, reply } from "../../fixtures/sends.ts";

const found = (messageSid: string) => ({ kind: "found", message_sid: messageSid, status: "sent" });

async function known(sql: TestDatabase["sql"], sids: string[]): Promise<string[]> {
  const rows = await sql`select * from public.known_message_sids(${sql.json(sids)}) as sid order by 1`;
  return rows.map(({ sid }) => sid);
}

/** A send that was matched with SMa in a listing before the answer to its POST said SMb. */
async function overruled({ sql }: TestDatabase) {
  const { session, send } = await reply(sql, ["Oi"]);
  await record(sql, session, send, { kind: "unknown" });
  await record(sql, session, send, found("SMa"));
  assert.equal((await accept(sql, session, send, "SMb")).recorded, "overruled");
  return send;
}

Deno.test("a SID that proof replaced stays known, and no other message is taken for it", async () => {
  await using database = await freshDatabase();
  const { sql } = database;
  const send = await overruled(database);
  assert.equal((await message(sql, send.message_id)).message_sid, "SMb");
  const former = await sql`select message_sid, message_id, reason from public.former_message_sids`;
  assert.deepEqual(former.map((row) => ({ ...row })), [
    { message_sid: "SMa", message_id: send.message_id, reason: "overruled" },
  ]);
  assert.deepEqual(await known(sql, ["SMa", "SMb", "SMc"]), ["SMa", "SMb"]);

  const same = await reply(sql, ["Oi"]);
  await record(sql, same.session, same.send, { kind: "unknown" });
  assert.equal((await record(sql, same.session, same.send, found("SMa"))).recorded, "taken");
  assert.equal((await message(sql, same.send.message_id)).message_sid, null);
});

Deno.test("a replaced SID that reports on the same row shows that it was sent twice", async () => {
  await using database = await freshDatabase();
  const { sql } = database;
  const send = await overruled(database);
  const reported = await callback(sql, { messageId: send.message_id, sid: "SMa", status: "delivered" });
  assert.equal(reported.outcome, "second_sid");
  const { message_sid, second_message_sid, delivery_status } = await message(sql, send.message_id);
  assert.deepEqual([message_sid, second_message_sid, delivery_status], ["SMb", "SMa", "accepted"]);
});

Deno.test("a match that a callback has proved is not replaced: a second SID marks the row", async () => {
  await using database = await freshDatabase();
  const { sql } = database;
  const { session, send } = await reply(sql, ["Oi"]);
  await record(sql, session, send, { kind: "unknown" });
  await record(sql, session, send, found("SMa"));
  await callback(sql, { messageId: send.message_id, sid: "SMa", status: "delivered" });
  assert.equal((await accept(sql, session, send, "SMb")).recorded, "second_sid");
  const { message_sid, second_message_sid } = await message(sql, send.message_id);
  assert.deepEqual([message_sid, second_message_sid], ["SMa", "SMb"]);
});

Deno.test("what is learned of an earlier attempt changes nothing of the one that is under way", async () => {
  await using database = await freshDatabase();
  const { sql } = database;
  const { session, send: first } = await reply(sql, ["Oi"]);
  await record(sql, session, first, { kind: "postponed", retry_after_ms: 1_000 });
  await letTimePass(sql, session, "2 seconds");
  const second = begunIn(await begin(sql, session));
  assert.equal(second.send_attempt, 2);

  for (
    const late of [
      found("SMa"),
      { kind: "unknown" },
      { kind: "failed", error_code: 63024 },
      { kind: "postponed", retry_after_ms: 60_000 },
      { kind: "unsettled" },
    ]
  ) {
    const { recorded } = await record(sql, session, first, late);
    assert.equal(recorded, "stale", late.kind);
  }
  const { message_sid, delivery_status, send_attempt, send_after } = await message(sql, second.message_id);
  assert.deepEqual([message_sid, delivery_status, send_attempt, send_after], [null, "sending", 2, null]);
});

Deno.test("the second SID of a row that went out twice is known too", async () => {
  await using database = await freshDatabase();
  const { sql } = database;
  const { session, send } = await reply(sql, ["Ok"]);
  await accept(sql, session, send, "SM1");
  await callback(sql, { messageId: send.message_id, sid: "SM2", status: "sent" });
  const known = await sql<{ sid: string }[]>`
    select sid from public.known_message_sids('["SM1", "SM2", "SM3"]') sid order by sid`;
  assert.deepEqual(known.map(({ sid }) => sid), ["SM1", "SM2"]);
});
