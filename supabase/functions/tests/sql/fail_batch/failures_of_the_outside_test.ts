import assert from "node:assert/strict";
import type postgres from "postgres";
import { conversation, letTimePass, write } from "../../fixtures/conversations.ts";
import { freshDatabase, type TestDatabase } from "../../fixtures/database.ts";
import { customerWaits, type Holder } from "../../fixtures/holder.ts";

let database: TestDatabase;
let sql: postgres.Sql;

Deno.test.beforeEach(async () => {
  database = await freshDatabase();
  sql = database.sql;
  // Said in a test of its own.
  await sql`update public.assistants set delay_notice_seconds = null`;
});
Deno.test.afterEach(async () => await database[Symbol.asyncDispose]());

const hour = 3_600_000;

async function row({ session }: Holder) {
  const [found] = await sql<
    { status: string; attempts: number; outside_failures: number; due_in_ms: number }[]
  >`
    select status, attempts, outside_failures, extract(epoch from available_at - clock_timestamp()) * 1000 as due_in_ms
    from public.message_queue where session_id = ${session}`;
  assert(found);
  return found;
}

/** One more try that finds the model away. Returns the pause until the next, which then passes. */
async function tryInVain(holder: Holder, askedMs = 0): Promise<number> {
  const { batch_id } = await holder.claimed();
  const failed = await holder.fail(batch_id, "wait", { askedMs });
  assert.equal(failed.outcome, "retrying");
  await letTimePass(sql, holder.session, `${failed.retry_in_ms} milliseconds`);
  return failed.retry_in_ms;
}

Deno.test("a model that is away costs no attempt, however often it is asked", async () => {
  const holder = await customerWaits(sql);
  for (let count = 1; count <= 12; count++) {
    await tryInVain(holder);
    const { status, attempts, outside_failures } = await row(holder);
    assert.deepEqual({ status, attempts, outside_failures }, {
      status: "pending",
      attempts: 0,
      outside_failures: count,
    });
  }
});

Deno.test("the pauses double from a second, then stay within a tenth of the wait and a fifth less", async () => {
  const holder = await customerWaits(sql);
  let waited = 0;
  for (let count = 0; waited < 23 * hour; count++) {
    const pause = await tryInVain(holder);
    const ceiling = Math.max(60_000, waited / 10 + 5_000);
    assert.ok(
      pause <= Math.min(1_000 * 2 ** count, ceiling),
      `pause ${count} is ${pause} ms after ${waited} ms`,
    );
    assert.ok(
      pause >= Math.min(1_000 * 2 ** count, 60_000, waited + 1_000) * 0.8,
      `pause ${count} is ${pause} ms`,
    );
    waited += pause;
    assert.ok(count < 100, "a day of failures is no flood of calls");
  }
});

Deno.test("an outage of ten minutes costs at most twenty calls", async () => {
  const holder = await customerWaits(sql);
  let calls = 0;
  for (let waited = 0; waited < 10 * 60_000; calls++) waited += await tryInVain(holder);
  assert.ok(calls <= 20, `${calls} calls`);
});

Deno.test("a server that asks to be left alone is, up to an hour", async () => {
  const holder = await customerWaits(sql);
  assert.equal(await tryInVain(holder, 90_000), 90_000);
  assert.equal(await tryInVain(holder, 40 * 60_000), 40 * 60_000);
  assert.equal(await tryInVain(holder, 7 * 24 * hour), hour);
  const short = await tryInVain(holder, 1);
  assert.ok(short >= 1_000, "a wish for less is not heard");
});

Deno.test("nothing is tried before its pause is over, unless the customer writes again", async () => {
  const holder = await customerWaits(sql, "Primeira");
  const { batch_id } = await holder.claimed();
  const { retry_in_ms } = await holder.fail(batch_id, "wait", { askedMs: 60_000 });
  const { due_in_ms } = await row(holder);
  assert.ok(due_in_ms > 50_000 && due_in_ms <= retry_in_ms);
  assert.equal((await holder.claim()).outcome, "drained");

  await write(sql, holder.from, { body: "Segunda" });
  const again = await holder.claimed();
  assert.deepEqual(again.messages.map(({ body }) => body), ["Primeira", "Segunda"]);
});

Deno.test("after 20 hours of failures the customer is still answered by the model", async () => {
  const holder = await customerWaits(sql);
  // The last pause is a tenth of that at most.
  for (let waited = 0; waited < 20 * hour;) waited += await tryInVain(holder);
  const { batch_id } = await holder.claimed();
  const { outcome, send } = await holder.complete(batch_id, ["Aqui está."]);
  assert.deepEqual([outcome, send.outcome, send.message.body], ["completed", "begun", "Aqui está."]);
});

Deno.test("after 24 hours it is given up on: a dead letter that says why, the flag, and the fallback", async () => {
  const holder = await customerWaits(sql);
  await tryInVain(holder);
  await letTimePass(sql, holder.session, "23 hours 59 minutes");
  await tryInVain(holder, hour);
  const given = await holder.claim();
  assert.equal(given.outcome, "dead");

  const [batch] =
    await sql`select outcome, error, conversation_id from public.reply_batches where id = ${given.batch_id}`;
  assert.deepEqual([batch?.outcome, batch?.error], ["dead", { failure: "waited_too_long" }]);
  const { status } = await row(holder);
  assert.equal(status, "dead");
  const [flagged] = await sql`select context from public.conversations where id = ${batch?.conversation_id}`;
  assert.equal(flagged?.context.dead_letter.batch_id, given.batch_id);
  assert.equal((await conversation(sql, batch?.conversation_id)).status, "pending");
  const outbox = await sql`
    select body, author, delivery_status from public.messages where session_id = ${holder.session} and direction = 'outbound'`;
  assert.deepEqual(outbox.map(({ author, delivery_status }) => [author, delivery_status]), [[
    "system",
    "pending",
  ]]);
});

Deno.test("a pause never reaches past the 24 hours", async () => {
  const holder = await customerWaits(sql);
  await letTimePass(sql, holder.session, "23 hours 30 minutes");
  const { batch_id } = await holder.claimed();
  await holder.fail(batch_id, "wait", { askedMs: hour });
  const { due_in_ms } = await row(holder);
  assert.ok(due_in_ms <= 30 * 60_000, `due in ${due_in_ms} ms`);
});

Deno.test("what failed together does not come back together", async () => {
  const pauses = new Set<number>();
  for (let count = 0; count < 8; count++) {
    const holder = await customerWaits(sql);
    const { batch_id } = await holder.claimed();
    pauses.add((await holder.fail(batch_id, "wait")).retry_in_ms);
  }
  assert.ok(pauses.size > 1);
});

Deno.test("what did not fit the batch waits as long as the batch, and does not drag it along", async () => {
  const customer = await customerWaits(sql, ...Array.from({ length: 4 }, () => "a".repeat(4_000)));
  await customer.fail((await customer.claimed()).batch_id, "wait", { askedMs: 3_600_000 });
  await customer.release();
  assert.deepEqual([...await sql`select * from public.recover_stalled(50, 0)`], []);
  await letTimePass(sql, customer.session, "59 minutes");
  assert.deepEqual([...await sql`select * from public.recover_stalled(50, 0)`], []);
});

Deno.test("calls that nobody answered do not use up the day", async () => {
  await sql`update public.owners set daily_model_calls = 2`;
  const customer = await customerWaits(sql);
  for (let call = 0; call < 5; call++) {
    await customer.fail((await customer.claimed()).batch_id, "wait");
    await letTimePass(sql, customer.session, "2 minutes");
  }
});
