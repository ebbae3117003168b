import assert from "node:assert/strict";
import type postgres from "postgres";
import { write } from "../../fixtures/conversations.ts";
import { freshDatabase, type TestDatabase } from "../../fixtures/database.ts";
import { customerWaits, type Holder } from "../../fixtures/holder.ts";

let database: TestDatabase;
let sql: postgres.Sql;

Deno.test.beforeEach(async () => {
  database = await freshDatabase();
  sql = database.sql;
});
Deno.test.afterEach(async () => await database[Symbol.asyncDispose]());

/** The sizes of the batches that it takes to answer all that waits. */
async function batchesOf(holder: Holder): Promise<{ messages: number; characters: number }[]> {
  const sizes = [];
  for (;;) {
    const { outcome, batch_id, messages } = await holder.claim();
    if (outcome === "drained") return sizes;
    assert.equal(outcome, "claimed");
    sizes.push({
      messages: messages.length,
      characters: messages.reduce((sum, { body }) => sum + body.length, 0),
    });
    await holder.complete(batch_id);
    await holder.sendAll();
  }
}

const numbered = (count: number) => Array.from({ length: count }, (_, index) => `mensagem ${index}`);

Deno.test("one reply answers at most fifty messages; the rest is answered next, nothing twice, in order", async () => {
  const bodies = numbered(120);
  const holder = await customerWaits(sql, ...bodies);
  const first = await holder.claimed();
  assert.deepEqual(first.messages.map(({ body }) => body), bodies.slice(0, 50));
  await holder.complete(first.batch_id);
  await holder.sendAll();
  const second = await holder.claimed();
  assert.deepEqual(second.messages.map(({ body }) => body), bodies.slice(50, 100));
  await holder.complete(second.batch_id);
  await holder.sendAll();
  assert.deepEqual((await batchesOf(holder)).map(({ messages }) => messages), [20]);
});

Deno.test("while the first fifty are with the model, the lease is not let go as if nothing waited", async () => {
  const { session, claimed, complete, sendAll } = await customerWaits(sql, ...numbered(51));
  const { batch_id } = await claimed();
  await complete(batch_id);
  await sendAll();
  const [released] = await sql`select public.release_batch_lock(${session}, 'holder', true) as freed`;
  assert.equal(released?.freed, false);
});

Deno.test("nor is one prompt over 12,000 characters, however few the messages", async () => {
  const holder = await customerWaits(sql, ...Array.from({ length: 10 }, () => "a".repeat(4_000)));
  assert.deepEqual(
    await batchesOf(holder),
    [3, 3, 3, 1].map((messages) => ({ messages, characters: messages * 4_000 })),
  );
});

Deno.test("a single message beyond that is answered alone", async () => {
  const holder = await customerWaits(sql, "a".repeat(50_000), "curta");
  assert.deepEqual(await batchesOf(holder), [{ messages: 1, characters: 50_000 }, {
    messages: 1,
    characters: 5,
  }]);
});

Deno.test("what was left out of a batch that fails lost no attempt", async () => {
  const { session, claimed, fail } = await customerWaits(sql, ...numbered(60));
  await fail((await claimed()).batch_id, "give_up");
  const rows = await sql`
    select status, attempts, count(*)::integer from public.message_queue where session_id = ${session}
    group by 1, 2 order by 1`;
  assert.deepEqual(rows.map((row) => ({ ...row })), [
    { status: "dead", attempts: 1, count: 50 },
    { status: "pending", attempts: 0, count: 10 },
  ]);
});

Deno.test("ten thousand messages at once are claimed in portions, each within a second", async () => {
  const holder = await customerWaits(sql);
  await sql`
    with bulk as (
      insert into public.messages (owner_id, session_id, conversation_id, direction, author, body, message_sid)
      select m.owner_id, m.session_id, m.conversation_id, 'inbound', 'customer', repeat('x', 220), 'SMbulk' || n
      from public.messages m, generate_series(1, 9999) n
      returning id, message_sid, session_id
    )
    insert into public.message_queue (message_id, message_sid, session_id) select * from bulk`;
  const begun = performance.now();
  const { messages, history } = await holder.claimed();
  assert.ok(performance.now() - begun < 1_000);
  assert.equal(messages.length, 50);
  assert.deepEqual(history, [], "what still waits is not history");
});

/** A customer who waits after so many messages of 1,000 characters that were answered. */
async function customerWithHistory(count: number): Promise<Holder & { from: string }> {
  const holder = await customerWaits(sql);
  await sql`
    insert into public.messages (owner_id, session_id, conversation_id, direction, author, body, message_sid)
    select m.owner_id, m.session_id, m.conversation_id, 'inbound', 'customer', repeat('x', 996) || to_char(n, 'FM0000'),
      'SMhistory' || n
    from public.messages m, generate_series(1, ${count}) n`;
  await sql`delete from public.message_queue`;
  await write(sql, holder.from, { body: "E agora?" });
  return holder;
}

const characters = (history: { body: string }[]) => history.reduce((sum, { body }) => sum + body.length, 0);

Deno.test("history is the newest 18,000 characters, whole messages, in order", async () => {
  const { history } = await (await customerWithHistory(50)).claimed();
  assert.equal(characters(history), 18_000);
  assert.deepEqual(
    history.map(({ body }) => Number(body.slice(-4))),
    Array.from({ length: 18 }, (_, n) => 33 + n),
  );
});

Deno.test("what the model took, once it had refused more, is all it is given from then on", async () => {
  const holder = await customerWithHistory(50);
  const { batch_id } = await holder.claimed();
  await holder.complete(batch_id, ["Agora."], { model: "m", history_characters: 4_500 });
  await holder.sendAll();
  for (const body of ["E depois?", "E então?"]) {
    await write(sql, holder.from, { body });
    const next = await holder.claimed();
    assert.ok(next.history.length > 0, "some of it is still given");
    assert.ok(characters(next.history) <= 4_500, `${characters(next.history)} characters`);
    // A reply that needed no cut says nothing, and what was learned stays.
    await holder.complete(next.batch_id);
    await holder.sendAll();
  }
});

Deno.test("a model that takes no history at all gets none", async () => {
  const holder = await customerWithHistory(5);
  const { batch_id } = await holder.claimed();
  await holder.complete(batch_id, ["Agora."], { history_characters: 0 });
  await holder.sendAll();
  await write(sql, holder.from, { body: "E depois?" });
  assert.deepEqual((await holder.claimed()).history, []);
});
