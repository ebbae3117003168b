import assert from "node:assert/strict";
import type postgres from "postgres";
import { letTimePass, write } from "../../fixtures/conversations.ts";
import { freshDatabase, type TestDatabase } from "../../fixtures/database.ts";
import { customerWaits } from "../../fixtures/holder.ts";

let database: TestDatabase;
let sql: postgres.Sql;

Deno.test.beforeEach(async () => {
  database = await freshDatabase();
  sql = database.sql;
  // Said in a test of its own.
  await sql`update public.assistants set delay_notice_seconds = null`;
});
Deno.test.afterEach(async () => await database[Symbol.asyncDispose]());

const queued = async (session: string) =>
  (await sql<{ status: string; attempts: number }[]>`
    select status, attempts from public.message_queue where session_id = ${session} order by id`)
    .map((row) => ({ ...row }));

Deno.test("what a batch brings about itself counts, and at the limit it is given up on", async () => {
  const { session, claimed, fail } = await customerWaits(sql);
  for (const attempt of [1, 2, 3]) {
    const batch = await claimed({ maxAttempts: 3 });
    assert.equal(batch.attempt, attempt);
    const { outcome } = await fail(batch.batch_id, "retry", { maxAttempts: 3 });
    assert.equal(outcome, attempt < 3 ? "retrying" : "dead");
    assert.deepEqual(await queued(session), [{
      status: attempt < 3 ? "pending" : "dead",
      attempts: attempt,
    }]);
    await letTimePass(sql, session, "1 minute");
  }
});

Deno.test("an outage in between neither adds to what counted nor takes any of it back", async () => {
  const { session, claimed, fail } = await customerWaits(sql);
  for (
    const [remedy, attempts] of [["retry", 1], ["wait", 1], ["wait", 1], ["retry", 2], ["wait", 2]] as const
  ) {
    await fail((await claimed()).batch_id, remedy);
    assert.deepEqual(await queued(session), [{ status: "pending", attempts }]);
    await letTimePass(sql, session, "2 minutes");
  }
});

Deno.test("what can only fail again is given up on at once", async () => {
  const { session, claimed, fail } = await customerWaits(sql);
  assert.deepEqual(await fail((await claimed()).batch_id, "give_up"), { outcome: "dead" });
  assert.deepEqual(await queued(session), [{ status: "dead", attempts: 1 }]);
});

Deno.test("a message that came along early in vain was not tried: an outage takes no attempt from it", async () => {
  const { session, from, claimed, fail } = await customerWaits(sql, "Primeira");
  await fail((await claimed()).batch_id, "retry");
  await write(sql, from, { body: "Segunda" });
  // The first is still in its pause: this claim does not count for it.
  const both = await claimed();
  assert.equal(both.message_ids.length, 2);
  assert.deepEqual((await queued(session)).map(({ attempts }) => attempts), [1, 1]);
  await fail(both.batch_id, "wait");
  assert.deepEqual((await queued(session)).map(({ attempts }) => attempts), [1, 0]);
});

Deno.test("an unknown remedy is refused, and changes nothing", async () => {
  const { session, claimed } = await customerWaits(sql);
  const { batch_id } = await claimed();
  for (const remedy of ["shrink", null]) {
    await assert.rejects(
      () => sql`select public.fail_batch(${session}, 'holder', ${batch_id}, '{}', ${remedy})`,
      { code: "PT422" },
    );
  }
  assert.deepEqual(await queued(session), [{ status: "processing", attempts: 1 }]);
});

Deno.test("a customer who writes on while every reply fails comes to the limit all the same", async () => {
  const { session, from, claim, fail, sendAll } = await customerWaits(sql);
  let dead = 0;
  for (let seconds = 0; seconds < 300 && dead === 0; seconds += 5) {
    const { outcome, batch_id } = await claim();
    if (outcome === "claimed") dead += Number((await fail(batch_id, "retry")).outcome === "dead");
    await sendAll();
    await letTimePass(sql, session, "5 seconds");
    await write(sql, from, { body: "E mais" });
  }
  assert.equal(dead, 1);
});
