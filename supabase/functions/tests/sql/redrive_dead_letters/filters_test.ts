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

const here = "00000000-0000-4000-8000-000000000001";

async function deadLetter(failure: string, ...bodies: string[]): Promise<Holder> {
  const holder = await customerWaits(sql, ...bodies);
  await holder.fail((await holder.claimed()).batch_id, "give_up", { failure });
  await holder.sendAll();
  return holder;
}

/** The sender's organization is another from now on, as far as its ledger goes. */
async function otherOrganization(holder: Holder): Promise<string> {
  const [owner] =
    await sql`insert into public.owners (name, email) values ('Outra', 'outra@example.test') returning id`;
  await sql`update public.reply_batches set owner_id = ${owner?.id} where session_id = ${holder.session}`;
  return owner?.id;
}

async function redrive(ownerId: string | null = null, failure: string | null = null, limit = 100) {
  const [row] = await sql`select * from public.redrive_dead_letters(${ownerId}, ${failure}, ${limit})`;
  return { ...row };
}

const stillDead = async () =>
  (await sql`
    select b.error ->> 'failure' as failure
    from public.message_queue q join public.reply_batches b on b.id = q.batch_id
    where q.status = 'dead' order by q.id`)
    .map(({ failure }) => failure);

Deno.test("those of one kind of failure are tried again, the others stay dead", async () => {
  await deadLetter("credentials", "um", "dois");
  await deadLetter("content_refused");
  const repaired = await deadLetter("credentials");
  assert.deepEqual(await redrive(null, "credentials"), { batches: 2, messages: 3 });
  assert.deepEqual(await stillDead(), ["content_refused"]);
  assert.equal((await repaired.claim()).outcome, "claimed");
});

Deno.test("those of one organization are tried again, another's stay dead", async () => {
  await deadLetter("unavailable");
  const other = await otherOrganization(await deadLetter("credentials"));
  assert.deepEqual(await redrive(here), { batches: 1, messages: 1 });
  assert.deepEqual(await stillDead(), ["credentials"]);
  assert.deepEqual(await redrive(other, "unavailable"), { batches: 0, messages: 0 });
  assert.deepEqual(await redrive(other, "credentials"), { batches: 1, messages: 1 });
});

Deno.test("without a filter all are, oldest first, in portions that say when there are no more", async () => {
  for (const failure of ["a", "b", "c", "d", "e"]) await deadLetter(failure);
  assert.deepEqual(await redrive(null, null, 2), { batches: 2, messages: 2 });
  assert.deepEqual(await stillDead(), ["c", "d", "e"]);
  assert.deepEqual(await redrive(null, null, 2), { batches: 2, messages: 2 });
  assert.deepEqual(await redrive(null, null, 2), { batches: 1, messages: 1 });
  assert.deepEqual(await redrive(null, null, 2), { batches: 0, messages: 0 });
});

Deno.test("what is tried again has all its attempts and all its patience before it", async () => {
  const { session, claimed, fail } = await deadLetter("unavailable");
  await sql`update public.message_queue set created_at = created_at - interval '3 days', attempts = 5, outside_failures = 40`;
  await redrive();
  const { batch_id, attempt } = await claimed();
  assert.equal(attempt, 1);
  const { outcome, retry_in_ms } = await fail(batch_id, "wait");
  assert.equal(outcome, "retrying");
  assert.ok(retry_in_ms <= 1_000, "pauses begin anew");
  const [conversation] = await sql`select context from public.conversations where session_id = ${session}`;
  assert.deepEqual(conversation?.context, {}, "and people are not shown what is no dead letter any more");
});

Deno.test("while a person has the conversation, or the customer wants no replies, a dead letter stays as it is", async () => {
  for (
    const stop of [
      (session: string) =>
        sql`update public.conversations set status = 'human_handoff' where session_id = ${session}`,
      (session: string) =>
        sql`update public.sessions set opted_out_at = now(), opt_out_by = 'customer' where id = ${session}`,
    ]
  ) {
    const { session } = await deadLetter("unavailable");
    await stop(session);
    assert.deepEqual(await redrive(), { batches: 0, messages: 0 });
    const [batch] = await sql`select id from public.reply_batches where session_id = ${session}`;
    await assert.rejects(() => sql`select public.redrive_dead_letter(${batch?.id})`, { code: "PT409" });
  }
  assert.deepEqual(await stillDead(), ["unavailable", "unavailable"]);
});

Deno.test("the fallbacks of ten dead letters do not count against their own redrive", async () => {
  const { from, claimed, claim, fail, sendAll } = await customerWaits(sql);
  for (let letter = 0; letter < 10; letter++) {
    if (letter > 0) await write(sql, from);
    await fail((await claimed()).batch_id, "give_up");
    await sendAll();
  }
  assert.equal((await redrive()).batches, 10);
  assert.equal((await claim()).outcome, "claimed");
});

Deno.test("what was given up on since is not tried once more by the same command", async () => {
  await deadLetter("unavailable");
  const [{ before }] = await sql<[{ before: string }]>`select clock_timestamp()::text as before`;
  await deadLetter("unavailable");
  const [row] = await sql`select * from public.redrive_dead_letters(p_before => ${before}::timestamptz)`;
  assert.equal(row?.batches, 1);
});
