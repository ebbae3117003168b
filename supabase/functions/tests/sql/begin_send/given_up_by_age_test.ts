import assert from "node:assert/strict";
import { letTimePass, write } from "../../fixtures/conversations.ts";
import { freshDatabase } from "../../fixtures/database.ts";
import { begin, begunIn, deliveryFlag, message, record, reply } from "../../fixtures/sends.ts";

const hour = 3_600;

Deno.test("a send that Twilio would not take for 24 h is given up on, and people see it with Twilio's reason", async () => {
  await using database = await freshDatabase();
  const { sql } = database;
  const { session, customer, conversation, parts, send } = await reply(sql, ["Oi"]);
  await record(sql, session, send, { kind: "postponed", error_code: 20003, retry_after_ms: 60_000 });
  await letTimePass(sql, session, `${24 * hour} seconds`);
  await write(sql, customer);

  assert.deepEqual(await begin(sql, session), {
    outcome: "none",
    canceled: [{ message_id: parts[0], reason: "gave_up" }],
  });
  const { delivery_status, cancel_reason } = await message(sql, send.message_id);
  assert.deepEqual([delivery_status, cancel_reason], ["failed", "gave_up"]);
  assert.deepEqual(await deliveryFlag(sql, conversation), {
    message_id: send.message_id,
    reason: "gave_up",
    error_code: 20003,
  });
});

Deno.test("before that age it is tried again, with the customer there as ever", async () => {
  await using database = await freshDatabase();
  const { sql } = database;
  const { session, send } = await reply(sql, ["Oi"]);
  await record(sql, session, send, { kind: "postponed", error_code: 20003, retry_after_ms: 60_000 });
  await letTimePass(sql, session, `${23 * hour} seconds`);
  assert.equal(begunIn(await begin(sql, session)).send_attempt, 2);
});

Deno.test("nothing is put off past its age, however long Twilio asks to be left alone", async () => {
  await using database = await freshDatabase();
  const { sql } = database;
  const { session, send } = await reply(sql, ["Oi"]);
  await letTimePass(sql, session, `${23.75 * hour} seconds`);
  const { send: next } = await record(sql, session, send, {
    kind: "postponed",
    retry_after_ms: hour * 1_000,
  });
  assert.equal(next.outcome, "postponed");
  const wait = next.wait_ms ?? 0;
  assert(wait > 14 * 60_000 && wait <= 15 * 60_000 + 1_000, `${wait} ms`);
});

Deno.test("a send whose outcome could not be learned for 24 h is given up on, and not posted again", async () => {
  await using database = await freshDatabase();
  const { sql } = database;
  const { session, customer, conversation, send } = await reply(sql, ["Oi"]);
  await record(sql, session, send, { kind: "unknown" });
  await letTimePass(sql, session, `${24 * hour} seconds`);
  await write(sql, customer);
  const asked = await begin(sql, session);
  assert.equal(asked.outcome, "settle", "Twilio is asked once more at least");
  const { send: next } = await record(sql, session, send, { kind: "unsettled" });
  assert.deepEqual(next, { outcome: "none", canceled: [{ message_id: send.message_id, reason: "gave_up" }] });
  assert.equal((await deliveryFlag(sql, conversation))?.reason, "gave_up");
});

Deno.test("what comes after a part that was given up on stays, whatever the customer has written since", async () => {
  await using database = await freshDatabase();
  const { sql } = database;
  const { session, customer, send } = await reply(sql, ["Um", "dois"]);
  await record(sql, session, send, { kind: "postponed", error_code: 20003, retry_after_ms: 1_000 });
  await letTimePass(sql, session, `${24 * hour} seconds`);
  await write(sql, customer);
  const next = await begin(sql, session);
  assert.equal(next.outcome, "none", JSON.stringify(next));
});
