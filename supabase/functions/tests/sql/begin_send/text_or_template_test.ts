import assert from "node:assert/strict";
import { letTimePass, write } from "../../fixtures/conversations.ts";
import { freshDatabase, type TestDatabase } from "../../fixtures/database.ts";
import { begin, begunIn, deliveryFlag, message, record, reply } from "../../fixtures/sends.ts";

const refused = `HX${"0".repeat(32)}`;
const approved = `HX${"1".repeat(32)}`;

/** A reply after the 24 h window, whose template Twilio refused for a reason that is ours to repair. */
async function refusedTemplate({ sql }: TestDatabase, bodies: string[]) {
  await setTemplate(sql, refused);
  const late = await reply(sql, bodies, { hoursLater: 25 });
  assert.equal(late.send.content_sid, refused);
  await record(sql, late.session, late.send, { kind: "postponed", error_code: 21656, retry_after_ms: 1_000 });
  await letTimePass(sql, late.session, "2 seconds");
  return late;
}

async function setTemplate(sql: TestDatabase["sql"], contentSid: string | null): Promise<void> {
  await sql`update public.assistants set content_sid = ${contentSid}`;
}

async function bodiesAndEnds(sql: TestDatabase["sql"], ids: string[]) {
  const rows = await Promise.all(ids.map((id) => message(sql, id)));
  return rows.map(({ body, delivery_status, cancel_reason }) => [body, delivery_status, cancel_reason]);
}

Deno.test("a send that a bad template held up leaves with the template that the assistant has now", async () => {
  await using database = await freshDatabase();
  const { sql } = database;
  const { session } = await refusedTemplate(database, ["Oi"]);
  await setTemplate(sql, approved);
  const send = begunIn(await begin(sql, session));
  assert.deepEqual([send.content_sid, send.send_attempt], [approved, 2]);
});

Deno.test("once the customer writes again the words themselves leave, whatever template was tried", async () => {
  await using database = await freshDatabase();
  const { sql } = database;
  const { session, customer } = await refusedTemplate(database, ["Oi"]);
  await write(sql, customer);
  const send = begunIn(await begin(sql, session));
  assert.deepEqual([send.content_sid, send.body], [null, "Oi"]);
});

Deno.test("an assistant without a template any more cancels what it cannot send, and people see it", async () => {
  await using database = await freshDatabase();
  const { sql } = database;
  const { session, conversation, parts } = await refusedTemplate(database, ["Oi"]);
  await setTemplate(sql, null);
  assert.deepEqual(await begin(sql, session), {
    outcome: "none",
    canceled: [{ message_id: parts[0], reason: "outside_window" }],
  });
  assert.equal((await deliveryFlag(sql, conversation))?.reason, "outside_window");
});

Deno.test("after the window a reply of three parts is one template that carries all its words", async () => {
  await using database = await freshDatabase();
  const { sql } = database;
  await setTemplate(sql, approved);
  const { session, parts, send } = await reply(sql, ["Um", "dois", "três"], { hoursLater: 25 });
  assert.deepEqual([send.content_sid, send.body], [approved, "Um dois três"]);
  const taken = await record(sql, session, send, { kind: "accepted", message_sid: "SM1", status: "sent" });
  assert.deepEqual(taken.send, { outcome: "none", canceled: [] });
  assert.deepEqual(await bodiesAndEnds(sql, parts), [
    ["Um", "sent", null],
    ["dois", "canceled", "sent_as_template"],
    ["três", "canceled", "sent_as_template"],
  ]);
});

Deno.test("a window that closes between two parts leaves the rest to one template", async () => {
  await using database = await freshDatabase();
  const { sql } = database;
  await setTemplate(sql, approved);
  const { session, parts, send } = await reply(sql, ["Um", "dois", "três"], { hoursLater: 23 });
  assert.deepEqual([send.content_sid, send.body], [null, "Um"]);
  await sql`update public.sessions set last_inbound_at = last_inbound_at - interval '2 hours'`;
  const next = await record(sql, session, send, { kind: "accepted", message_sid: "SM1", status: "sent" });
  const rest = begunIn(next.send);
  assert.deepEqual([rest.message_id, rest.content_sid, rest.body], [parts[1], approved, "dois três"]);
});

Deno.test("parts that a template was to carry leave one by one when the window opens before it left", async () => {
  await using database = await freshDatabase();
  const { sql } = database;
  const { session, customer, parts } = await refusedTemplate(database, ["Um", "dois"]);
  await write(sql, customer);
  const first = begunIn(await begin(sql, session));
  assert.deepEqual([first.message_id, first.content_sid, first.body], [parts[0], null, "Um"]);
  const next = await record(sql, session, first, { kind: "accepted", message_sid: "SM1", status: "sent" });
  const second = begunIn(next.send);
  assert.deepEqual([second.message_id, second.content_sid, second.body], [parts[1], null, "dois"]);
});
