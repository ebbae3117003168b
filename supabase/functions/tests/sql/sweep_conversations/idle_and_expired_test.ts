import assert from "node:assert/strict";
import type postgres from "postgres";
import { freshDatabase, type TestDatabase } from "../../fixtures/database.ts";
import {
  conversation,
  conversationsOf,
  letTimePass,
  move,
  sweepConversations,
  type Swept,
  talk,
  write,
} from "../../fixtures/conversations.ts";
import { freshAddress } from "../../fixtures/customer_address.ts";

let database: TestDatabase;
let sql: postgres.Sql;

Deno.test.beforeEach(async () => {
  database = await freshDatabase();
  sql = database.sql;
});
Deno.test.afterEach(async () => await database[Symbol.asyncDispose]());

const nothing: Swept = { idled: 0, expired: 0, rescheduled: 0, idle_messages: 0, more: false };
const sweep = async (limit?: number) => ({ ...await sweepConversations(sql, limit) });
const idleMessage = "Ainda está aí?";
const giveIdleMessage = () => sql`update public.assistants set idle_message = ${idleMessage}`;
const outbox = async () =>
  (await sql<{ body: string; author: string; delivery_status: string }[]>`
    select body, author, delivery_status from public.messages where direction = 'outbound' order by seq`)
    .map((row) => ({ ...row }));

Deno.test("after 60 minutes a conversation is idle, not before, and 24 h after the last message it is over", async () => {
  const { id, session_id } = await talk(sql);
  await letTimePass(sql, session_id, "59 minutes");
  assert.deepEqual(await sweep(), nothing);
  await letTimePass(sql, session_id, "1 minutes");
  assert.deepEqual(await sweep(), { ...nothing, idled: 1 });
  assert.deepEqual(await sweep(), nothing);
  const idle = await conversation(sql, id);
  assert.equal(idle.status, "idle_timeout");
  assert.equal(
    Number(idle.sweep_at) - Number(idle.updated_at),
    24 * 3_600_000,
    "going idle puts off nothing",
  );

  await letTimePass(sql, session_id, `${23 * 60 - 1} minutes`);
  assert.deepEqual(await sweep(), nothing);
  await letTimePass(sql, session_id, "1 minutes");
  assert.deepEqual(await sweep(), { ...nothing, expired: 1 });
  const over = await conversation(sql, id);
  assert.deepEqual([over.status, over.sweep_at], ["expired", null]);
  assert.deepEqual(await sweep(), nothing);
});

Deno.test("what was never answered is over after 48 h", async () => {
  const { conversation_id, session_id } = await write(sql, freshAddress());
  await letTimePass(sql, session_id, `${48 * 60 - 1} minutes`);
  assert.deepEqual(await sweep(), nothing);
  await letTimePass(sql, session_id, "1 minutes");
  assert.deepEqual(await sweep(), { ...nothing, expired: 1 });
  assert.equal((await conversation(sql, conversation_id)).status, "expired");
});

Deno.test("idleness and expiry are the assistant's own", async () => {
  await sql`update public.assistants set idle_minutes = 5, expiry_minutes = 20, pending_expiry_minutes = 10`;
  const pending = await write(sql, freshAddress());
  const { id, session_id } = await talk(sql);
  await letTimePass(sql, session_id, "5 minutes");
  await letTimePass(sql, pending.session_id, "10 minutes");
  assert.deepEqual(await sweep(), { ...nothing, idled: 1, expired: 1 });
  await letTimePass(sql, session_id, "15 minutes");
  assert.deepEqual(await sweep(), { ...nothing, expired: 1 });
  assert.equal((await conversation(sql, id)).status, "expired");
});

Deno.test("a conversation that was active meanwhile is given its next date, from its last message", async () => {
  const from = freshAddress();
  const { id, session_id } = await talk(sql, from);
  await letTimePass(sql, session_id, "50 minutes");
  await write(sql, from);
  await letTimePass(sql, session_id, "10 minutes");
  assert.deepEqual(await sweep(), { ...nothing, rescheduled: 1 });
  const { status, version, sweep_at, updated_at } = await conversation(sql, id);
  assert.deepEqual({ status, version }, { status: "progress", version: 2 });
  assert.equal(Number(sweep_at) - Number(updated_at), 3_600_000);
});

Deno.test("what a person has is left alone", async () => {
  const { id, session_id } = await talk(sql);
  await letTimePass(sql, session_id, "30 minutes");
  await move(sql, id, "human_handoff");
  await letTimePass(sql, session_id, "10000 minutes");
  assert.deepEqual(await sweep(), nothing);
});

Deno.test("the idle message is written once a conversation", async () => {
  await giveIdleMessage();
  const from = freshAddress();
  const { session_id } = await talk(sql, from);
  await letTimePass(sql, session_id, "60 minutes");
  assert.deepEqual(await sweep(), { ...nothing, idled: 1, idle_messages: 1 });
  const said = { body: idleMessage, author: "system", delivery_status: "pending" };
  assert.deepEqual(await outbox(), [said]);

  await write(sql, from);
  await letTimePass(sql, session_id, "60 minutes");
  assert.deepEqual(await sweep(), { ...nothing, idled: 1 }, "idle again, and nothing said again");
  assert.deepEqual(await outbox(), [said]);
});

Deno.test("the idle message is not for those who opted out", async () => {
  await giveIdleMessage();
  const from = freshAddress();
  const { session_id } = await talk(sql, from);
  await write(sql, from, { body: "STOP", extra: { OptOutType: "STOP" } });
  await letTimePass(sql, session_id, "60 minutes");
  await sweep();
  await letTimePass(sql, session_id, "60 minutes");
  await sweep();
  const [found] = await conversationsOf(sql, session_id);
  assert.equal(found?.status, "idle_timeout");
  assert.deepEqual(await outbox(), []);
});

Deno.test("the idle message is not written once the 24 h window has closed", async () => {
  await sql`update public.assistants set idle_minutes = 1440, expiry_minutes = 2880`;
  await giveIdleMessage();
  const [late, early] = [await talk(sql), await talk(sql)];
  await letTimePass(sql, late.session_id, "1440 minutes");
  await sql`update public.sessions set last_inbound_at = last_inbound_at + interval '1 minute' where id = ${early.session_id}`;
  await letTimePass(sql, early.session_id, "1440 minutes");
  assert.deepEqual(await sweep(), { ...nothing, idled: 2, idle_messages: 1 });
  const [row] = await sql`select session_id from public.messages where direction = 'outbound'`;
  assert.equal(row?.session_id, early.session_id);
});

Deno.test("a session that somebody has locked is passed by, and taken the next time", async () => {
  const { session_id } = await talk(sql);
  await letTimePass(sql, session_id, "60 minutes");
  await sql.begin(async (holding) => {
    await holding`select from public.sessions where id = ${session_id} for no key update`;
    assert.deepEqual(await sweep(), nothing);
  });
  assert.deepEqual(await sweep(), { ...nothing, idled: 1 });
});

Deno.test("sweeps at the same time do nothing twice", async () => {
  await giveIdleMessage();
  const talks = await Promise.all(Array.from({ length: 200 }, () => talk(sql)));
  await Promise.all(talks.map(({ session_id }) => letTimePass(sql, session_id, "60 minutes")));
  const clients = Array.from({ length: 8 }, () => database.connect());
  const sums = { idled: 0, idle_messages: 0 };
  const working = clients.map(async (own) => {
    for (let more = true; more;) {
      const swept = await sweepConversations(own, 10);
      sums.idled += swept.idled;
      sums.idle_messages += swept.idle_messages;
      more = swept.more;
    }
  });
  await Promise.all(working);
  assert.deepEqual(sums, { idled: 200, idle_messages: 200 });
  const [counted] = await sql`
    select count(*)::integer as rows, count(distinct conversation_id)::integer as conversations
    from public.conversation_state_history where to_status = 'idle_timeout'`;
  assert.deepEqual({ ...counted }, { rows: 200, conversations: 200 });
  assert.equal((await outbox()).length, 200);
});

Deno.test("a step does no more than it was asked to and says that there is more", async () => {
  const talks = await Promise.all(Array.from({ length: 5 }, () => talk(sql)));
  await Promise.all(talks.map(({ session_id }) => letTimePass(sql, session_id, "60 minutes")));
  assert.deepEqual(await sweep(2), { ...nothing, idled: 2, more: true });
  assert.deepEqual(await sweep(2), { ...nothing, idled: 2, more: true });
  assert.deepEqual(await sweep(2), { ...nothing, idled: 1 });
});
