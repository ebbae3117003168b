import assert from "node:assert/strict";
import { letTimePass } from "../../fixtures/conversations.ts";
import { freshDatabase, type TestDatabase } from "../../fixtures/database.ts";
import {
  accept,
  begin,
  begunIn,
  callback,
  deliveryFlag,
  message,
  record,
  type Reply,
  reply,
} from "../../fixtures/sends.ts";
import { makeTenant } from "../../tenants/two_tenants.ts";

const rateLimited = 63018;

const failed = (sid: string) => ({ sid, status: "failed", errorCode: rateLimited, mayPass: true });

async function known(sql: TestDatabase["sql"], sids: string[]): Promise<string[]> {
  const rows = await sql`select * from public.known_message_sids(${sql.json(sids)}) as sid order by 1`;
  return rows.map(({ sid }) => sid);
}

async function state(sql: TestDatabase["sql"], { send }: Reply) {
  const { delivery_status, message_sid, send_after } = await message(sql, send.message_id);
  return [delivery_status, message_sid, send_after !== null];
}

Deno.test("a reply that Twilio took and failed later for a passing reason goes out again, with a SID of its own", async () => {
  await using database = await freshDatabase();
  const { sql } = database;
  const sent = await reply(sql, ["Oi"]);
  await accept(sql, sent.session, sent.send, "SM1");
  assert.equal((await callback(sql, failed("SM1"))).outcome, "recorded");
  assert.deepEqual(await state(sql, sent), ["pending", null, true]);
  assert.equal((await begin(sql, sent.session)).outcome, "postponed", "not at once: the reason has to pass");
  assert.equal(await deliveryFlag(sql, sent.conversation), null);

  await letTimePass(sql, sent.session, "60 seconds");
  const again = begunIn(await begin(sql, sent.session));
  assert.equal(again.message_id, sent.send.message_id);
  assert.equal((await accept(sql, sent.session, again, "SM2")).recorded, "recorded");
  await callback(sql, { sid: "SM2", status: "delivered" });
  assert.deepEqual(await state(sql, sent), ["delivered", "SM2", false]);
  assert.deepEqual(await known(sql, ["SM1", "SM2"]), ["SM1", "SM2"], "a listing hands neither out again");
});

Deno.test("what Twilio still says of the failed SID, however often, does not touch the send that took its place", async () => {
  await using database = await freshDatabase();
  const { sql } = database;
  const sent = await reply(sql, ["Oi"]);
  await accept(sql, sent.session, sent.send, "SM1");
  await callback(sql, failed("SM1"));
  for (const late of [failed("SM1"), { sid: "SM1", status: "sent" }, { sid: "SM1", status: "delivered" }]) {
    assert.equal((await callback(sql, late)).outcome, "replaced");
    assert.equal(
      (await callback(sql, { ...late, messageId: sent.send.message_id })).outcome,
      "replaced",
    );
  }
  assert.equal((await accept(sql, sent.session, sent.send, "SM1")).recorded, "replaced");
  assert.deepEqual(await state(sql, sent), ["pending", null, true]);

  await letTimePass(sql, sent.session, "60 seconds");
  const again = begunIn(await begin(sql, sent.session));
  await accept(sql, sent.session, again, "SM2");
  assert.equal((await callback(sql, failed("SM1"))).outcome, "replaced");
  assert.deepEqual(await state(sql, sent), ["accepted", "SM2", false]);
  assert.equal((await message(sql, again.message_id)).second_message_sid, null);
});

Deno.test("the failure may be heard of before the answer to the POST", async () => {
  await using database = await freshDatabase();
  const { sql } = database;
  const sent = await reply(sql, ["Oi"]);
  await callback(sql, { ...failed("SM1"), messageId: sent.send.message_id });
  const { recorded, send: next } = await accept(sql, sent.session, sent.send, "SM1");
  assert.deepEqual([recorded, next.outcome], ["replaced", "postponed"]);
  assert.deepEqual(await state(sql, sent), ["pending", null, true]);
});

Deno.test("it goes out again three times at most; then it has failed, and people see it", async () => {
  await using database = await freshDatabase();
  const { sql } = database;
  const sent = await reply(sql, ["Oi"]);
  let { send } = sent;
  for (const sid of ["SM1", "SM2", "SM3"]) {
    await accept(sql, sent.session, send, sid);
    await callback(sql, failed(sid));
    assert.equal(await deliveryFlag(sql, sent.conversation), null);
    await letTimePass(sql, sent.session, "300 seconds");
    send = begunIn(await begin(sql, sent.session));
  }
  await accept(sql, sent.session, send, "SM4");
  await callback(sql, failed("SM4"));
  assert.deepEqual(await state(sql, sent), ["failed", "SM4", false]);
  assert.deepEqual(await deliveryFlag(sql, sent.conversation), {
    message_id: send.message_id,
    reason: "failed",
    error_code: rateLimited,
  });
  assert.equal((await begin(sql, sent.session)).outcome, "none");
});

Deno.test("what cannot pass is final at once, and people see it", async () => {
  await using database = await freshDatabase();
  const { sql } = database;
  const sent = await reply(sql, ["Oi"]);
  await accept(sql, sent.session, sent.send, "SM1");
  await callback(sql, { sid: "SM1", status: "undelivered", errorCode: 63024 });
  assert.deepEqual(await state(sql, sent), ["undelivered", "SM1", false]);
  assert.deepEqual(await deliveryFlag(sql, sent.conversation), {
    message_id: sent.send.message_id,
    reason: "undelivered",
    error_code: 63024,
  });
});

Deno.test("a late failure of what was delivered sends nothing again", async () => {
  await using database = await freshDatabase();
  const { sql } = database;
  const sent = await reply(sql, ["Oi"]);
  await accept(sql, sent.session, sent.send, "SM1");
  await callback(sql, { sid: "SM1", status: "delivered" });
  assert.equal((await callback(sql, failed("SM1"))).outcome, "repeated");
  assert.deepEqual(await state(sql, sent), ["delivered", "SM1", false]);
});

Deno.test("what failed after acceptance is not put off past its age", async () => {
  await using database = await freshDatabase();
  const { sql } = database;
  const { session, send } = await reply(sql, ["Um"]);
  await letTimePass(sql, session, `${24 * 3_600 - 5} seconds`);
  await accept(sql, session, send, "SM1");
  await callback(sql, { sid: "SM1", status: "failed", errorCode: 63018, mayPass: true });
  const row = await message(sql, send.message_id);
  assert(
    row.send_after <= new Date(row.created_at.getTime() + 24 * 3_600_000 + 1),
    `${row.send_after} ${row.created_at}`,
  );
});

Deno.test("the failure of an earlier attempt does not put back the one that is under way", async () => {
  await using database = await freshDatabase();
  const { sql } = database;
  const { session, send } = await reply(sql, ["Um"]);
  await record(sql, session, send, { kind: "unknown" });
  await letTimePass(sql, session, "21 seconds");
  await begin(sql, session, send);
  await letTimePass(sql, session, "5 seconds");
  const second = begunIn(await begin(sql, session, send));
  await callback(sql, {
    messageId: send.message_id,
    sid: "SM1",
    status: "failed",
    errorCode: 63018,
    mayPass: true,
  });
  await record(sql, session, second, { kind: "unknown" });
  await letTimePass(sql, session, "60 seconds");
  assert.equal((await begin(sql, session)).outcome, "settle");
});

Deno.test("a foreign account that names a SID of ours beside a message of its own takes nothing from us", async () => {
  await using database = await freshDatabase();
  const { sql } = database;
  const { session, send } = await reply(sql, ["Um"]);
  await accept(sql, session, send, "SM1");
  await sql`update messages set message_sid_evidence = 'listing' where message_sid = 'SM1'`;
  const foreign = await makeTenant(sql, 2);
  const [own] = await sql`
    update messages set message_sid = null where session_id = ${foreign.sessionId} and direction = 'outbound' returning id`;
  const { outcome } = await callback(sql, {
    account: foreign.accountSid,
    messageId: own?.id,
    sid: "SM1",
    status: "delivered",
  });
  assert.equal(outcome, "taken");
  assert.equal((await message(sql, send.message_id)).message_sid, "SM1");
});

Deno.test("an earlier attempt that failed for good does not end the one that is under way", async () => {
  await using database = await freshDatabase();
  const { sql } = database;
  const { session, parts, send } = await reply(sql, ["Um", "dois"]);
  await record(sql, session, send, { kind: "unknown" });
  await letTimePass(sql, session, "21 seconds");
  await begin(sql, session, send);
  await letTimePass(sql, session, "5 seconds");
  const second = begunIn(await begin(sql, session, send));
  await callback(sql, { messageId: send.message_id, sid: "SM1", status: "failed", errorCode: 63024 });
  await accept(sql, session, second, "SM2");
  await callback(sql, { messageId: send.message_id, sid: "SM2", status: "delivered" });
  assert.equal((await message(sql, send.message_id)).delivery_status, "delivered");
  assert.equal(begunIn(await begin(sql, session)).message_id, parts[1]);
});

Deno.test("after what came next it is not put back: it would arrive in the wrong place, so people see it", async () => {
  await using database = await freshDatabase();
  const { sql } = database;
  const { session, conversation, send } = await reply(sql, ["Um", "dois"]);
  await accept(sql, session, send, "SM1");
  await letTimePass(sql, session, "3 seconds");
  await accept(sql, session, begunIn(await begin(sql, session)), "SM2");
  await callback(sql, { sid: "SM1", status: "failed", errorCode: 63018, mayPass: true });
  assert.equal((await message(sql, send.message_id)).delivery_status, "failed");
  assert.equal((await deliveryFlag(sql, conversation))?.message_id, send.message_id);
});
