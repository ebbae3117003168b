import assert from "node:assert/strict";
import type postgres from "postgres";
import { freshDatabase, type TestDatabase } from "../../fixtures/database.ts";
import {
  conversation,
  conversationsOf,
  freshSid,
  letTimePass,
  move,
  talk,
  write,
} from "../../fixtures/conversations.ts";
import { freshAddress } from "../../fixtures/customer_address.ts";

let database: TestDatabase;
let sql: postgres.Sql;

Deno.test.beforeAll(async () => {
  database = await freshDatabase();
  sql = database.sql;
});
Deno.test.afterAll(async () => await database[Symbol.asyncDispose]());

const addressOf = async (sessionId: string): Promise<string> => {
  const [row] = await sql`select customer_address from public.sessions where id = ${sessionId}`;
  return row?.customer_address;
};

Deno.test("a message wakes an idle conversation", async () => {
  const { id, session_id } = await talk(sql);
  await move(sql, id, "idle_timeout");
  const written = await write(sql, await addressOf(session_id));
  assert.equal(written.conversation_id, id);
  const { status, version } = await conversation(sql, id);
  assert.deepEqual({ status, version }, { status: "progress", version: 4 });
});

for (const final of ["agent_closed", "user_closed", "support_closed", "failed", "expired"] as const) {
  Deno.test(`a message after ${final} opens a new conversation and leaves the old one alone`, async () => {
    const { id, session_id } = await talk(sql);
    await move(sql, id, final);
    const written = await write(sql, await addressOf(session_id));
    const statuses = (await conversationsOf(sql, session_id)).map((
      each,
    ) => [each.id, each.status, each.version]);
    assert.deepEqual(statuses, [[id, final, 3], [written.conversation_id, "pending", 1]]);
  });
}

for (const status of ["pending", "progress", "idle_timeout"] as const) {
  const minutes = status === "pending" ? 48 * 60 : 24 * 60;
  Deno.test(`${status} is over ${minutes / 60} h after the last message, with no sweep in between`, async () => {
    const from = freshAddress();
    const first = await write(sql, from);
    if (status !== "pending") await move(sql, first.conversation_id, "progress");
    if (status === "idle_timeout") await move(sql, first.conversation_id, "idle_timeout");

    await letTimePass(sql, first.session_id, `${minutes - 1} minutes`);
    assert.equal(
      (await write(sql, from)).conversation_id,
      first.conversation_id,
      "a minute before it goes on",
    );

    // It woke by that message, and what is in progress is over sooner than what is pending.
    await letTimePass(sql, first.session_id, `${minutes} minutes`);
    const next = await write(sql, from);
    assert.notEqual(next.conversation_id, first.conversation_id);
    assert.equal((await conversation(sql, first.conversation_id)).status, "expired");
    assert.equal((await conversation(sql, next.conversation_id)).status, "pending");
    const [last] = await sql`
      select changed_by from public.conversation_state_history
      where conversation_id = ${first.conversation_id} order by version desc limit 1`;
    assert.equal(last?.changed_by, "ingest");
  });
}

Deno.test("the new conversation and its message are one transaction: nobody sees the one without the other", async () => {
  const { id, session_id } = await talk(sql);
  const from = await addressOf(session_id);
  await letTimePass(sql, session_id, `${24 * 60} minutes`);
  const undo = new Error("undo");
  await assert.rejects(
    sql.begin(async (transaction) => {
      await write(transaction, from);
      assert.deepEqual((await conversationsOf(sql, session_id)).map((each) => each.status), ["progress"]);
      assert.deepEqual((await conversationsOf(transaction, session_id)).map((each) => each.status), [
        "expired",
        "pending",
      ]);
      throw undo;
    }),
    undo,
  );
  assert.deepEqual((await conversationsOf(sql, session_id)).map((each) => each.id), [id]);
});

Deno.test("a duplicate opens, wakes and touches nothing, not even years later", async () => {
  const from = freshAddress();
  const messageSid = freshSid();
  const first = await write(sql, from, { messageSid });
  await move(sql, first.conversation_id, "progress");
  await move(sql, first.conversation_id, "idle_timeout");
  await letTimePass(sql, first.session_id, `${2 * 365 * 24 * 60} minutes`);
  const before = await conversationsOf(sql, first.session_id);
  const again = await write(sql, from, { messageSid });
  assert.deepEqual({ ...again }, { ...first, outcome: "duplicate", wait_ms: null });
  assert.deepEqual(await conversationsOf(sql, first.session_id), before);
});

Deno.test("a conversation that a person has takes messages in silence and never expires", async () => {
  const from = freshAddress();
  const { id, session_id } = await talk(sql, from);
  await move(sql, id, "human_handoff");
  await letTimePass(sql, session_id, `${30 * 24 * 60} minutes`);
  const written = await write(sql, from);
  assert.equal(written.outcome, "handoff");
  assert.equal(written.conversation_id, id);
  const [stored] = await sql`
    select m.unanswered_reason, (select count(*)::integer from public.message_queue q where q.session_id = ${session_id})
      as queued
    from public.messages m where m.id = ${written.message_id}`;
  assert.deepEqual({ ...stored }, { unanswered_reason: "handoff", queued: 0 });
  assert.equal((await conversation(sql, id)).sweep_at, null);
  await move(sql, id, "progress");
  assert.equal((await write(sql, from)).outcome, "accepted");
});

Deno.test("no thanks and no good-bye closes a conversation", async () => {
  const from = freshAddress();
  const { id, session_id } = await talk(sql, from);
  const words = [
    "obrigado",
    "Obrigada!",
    "tchau",
    "thanks",
    "thank you, bye",
    "gracias, adiós",
    "encerrar",
    "ok 👍",
  ];
  for (const body of words) assert.equal((await write(sql, from, { body })).conversation_id, id);
  const found = await conversationsOf(sql, session_id);
  assert.deepEqual(found.map(({ status, version }) => ({ status, version })), [{
    status: "progress",
    version: 2,
  }]);
});

/** As if the conversation had been touched so many seconds earlier. */
async function rest(client: postgres.Sql, seconds: number): Promise<void> {
  await client`update public.conversations set updated_at = updated_at - make_interval(secs => ${seconds})`;
}

Deno.test("a message moves updated_at, every few seconds at most, and never sweep_at, and no index hinders it", async () => {
  const from = freshAddress();
  await using own = await freshDatabase();
  const { id, sweep_at } = await talk(own.sql, from);
  // In microseconds: a Date has only thousands of them.
  const touchedAt = async () => {
    const [row] = await own.sql`
      select to_char(updated_at, 'YYYYMMDDHH24MISSUS') as at from public.conversations where id = ${id}`;
    return String(row?.at);
  };
  for (const [seconds, moves] of [[3, false], [6, true], [3, false], [6, true]] as const) {
    await rest(own.sql, seconds);
    const last = await touchedAt();
    await write(own.sql, from);
    const now = await touchedAt();
    assert.equal(now > last, moves, `${seconds} s after the last: ${last}, ${now}`);
    assert.deepEqual((await conversation(own.sql, id)).sweep_at, sweep_at);
    await own.sql`update public.conversations set updated_at = clock_timestamp()`;
  }
  const indexed = await own.sql`
    select indexdef from pg_indexes where tablename = 'conversations' and indexdef like '%updated_at%'`;
  assert.equal(indexed.length, 0);
});

Deno.test("touching a conversation is a HOT update", async () => {
  const from = freshAddress();
  await using own = await freshDatabase();
  await talk(own.sql, from);
  const counts = async () => {
    const [row] = await own.connect()`
      select n_tup_upd::integer as updates, n_tup_hot_upd::integer as hot
      from pg_stat_user_tables where relname = 'conversations'`;
    return { updates: row?.updates as number, hot: row?.hot as number };
  };
  const flushing = own.connect();
  await flushing`select 1`;
  const flush = async () => {
    await flushing`select pg_stat_force_next_flush()`;
    await flushing`select 1`;
  };
  const before = await counts();
  for (let count = 0; count < 20; count++) {
    await rest(flushing, 6);
    await write(flushing, from);
  }
  await flush();
  const after = await counts();
  assert.equal(after.updates - before.updates, 40, "each time the rest of the test, and the touch");
  assert.equal(after.hot - before.hot, 40);
});
