import assert from "node:assert/strict";
import { letTimePass } from "../../fixtures/conversations.ts";
import { freshDatabase } from "../../fixtures/database.ts";
import { accept, begin, begunIn, callback, record, reply } from "../../fixtures/sends.ts";

const patienceMs = 3_000;

Deno.test("the next part waits for the callback of the last one, and leaves once it says sent", async () => {
  await using database = await freshDatabase();
  const { sql } = database;
  const { session, parts, send } = await reply(sql, ["Um", "dois"]);
  const { send: next } = await accept(sql, session, send, "SM1");
  assert.equal(next.outcome, "postponed");
  assert(Math.abs((next.wait_ms ?? 0) - patienceMs) < 1_000, `${next.wait_ms} ms`);

  await callback(sql, { messageId: send.message_id, sid: "SM1", status: "queued" });
  assert.equal((await begin(sql, session)).outcome, "postponed", "queued is not on its way");
  await callback(sql, { messageId: send.message_id, sid: "SM1", status: "sent" });
  assert.equal(begunIn(await begin(sql, session)).message_id, parts[1]);
});

Deno.test("a callback that never comes holds the next part up for 3 s, asked as often as one likes", async () => {
  await using database = await freshDatabase();
  const { sql } = database;
  const { session, parts, send } = await reply(sql, ["Um", "dois"]);
  await accept(sql, session, send, "SM1");
  await letTimePass(sql, session, "2 seconds");
  assert.equal((await begin(sql, session)).outcome, "postponed");
  await letTimePass(sql, session, "1 seconds");
  assert.equal(begunIn(await begin(sql, session)).message_id, parts[1]);
});

Deno.test("the next part leaves at once when the callback came before the answer to the POST", async () => {
  await using database = await freshDatabase();
  const { sql } = database;
  const { session, parts, send } = await reply(sql, ["Um", "dois"]);
  await callback(sql, { messageId: send.message_id, sid: "SM1", status: "sent" });
  const { recorded, send: next } = await accept(sql, session, send, "SM1");
  assert.equal(recorded, "repeated");
  assert.equal(begunIn(next).message_id, parts[1]);
});

Deno.test("a part that failed later for a passing reason goes out before the part that waits for it", async () => {
  await using database = await freshDatabase();
  const { sql } = database;
  const { session, parts, send } = await reply(sql, ["Um", "dois"]);
  await accept(sql, session, send, "SM1");
  await callback(sql, { sid: "SM1", status: "failed", errorCode: 63018, mayPass: true });
  assert.equal((await begin(sql, session)).outcome, "postponed");
  await letTimePass(sql, session, "60 seconds");
  const again = begunIn(await begin(sql, session));
  assert.equal(again.message_id, parts[0]);
  const { send: next } = await record(sql, session, again, {
    kind: "accepted",
    message_sid: "SM2",
    status: "sent",
  });
  assert.equal(begunIn(next).message_id, parts[1]);
});

Deno.test("a time that Twilio asked for outlasts the wait for the part before", async () => {
  await using database = await freshDatabase();
  const { sql } = database;
  const { session, send } = await reply(sql, ["Um", "dois"]);
  await accept(sql, session, send, "SM1");
  await letTimePass(sql, session, "3 seconds");
  const second = begunIn(await begin(sql, session));
  const { send: next } = await record(sql, session, second, {
    kind: "postponed",
    error_code: 20429,
    retry_after_ms: 600_000,
  });
  assert.equal(next.outcome, "postponed");
  assert((next.wait_ms ?? 0) > 500_000, `${next.wait_ms} ms`);
});

Deno.test("and the callback of the part before does not end it", async () => {
  await using database = await freshDatabase();
  const { sql } = database;
  const { session, send } = await reply(sql, ["Um", "dois"]);
  await accept(sql, session, send, "SM1");
  await letTimePass(sql, session, "3 seconds");
  const second = begunIn(await begin(sql, session));
  await record(sql, session, second, { kind: "postponed", error_code: 20429, retry_after_ms: 600_000 });
  await callback(sql, { sid: "SM1", status: "sent" });
  const next = await begin(sql, session);
  assert.equal(next.outcome, "postponed");
  assert((next.wait_ms ?? 0) > 500_000, `${next.wait_ms} ms`);
});
