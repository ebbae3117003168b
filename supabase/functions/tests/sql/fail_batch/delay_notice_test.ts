import assert from "node:assert/strict";
import type postgres from "postgres";
import { letTimePass, write } from "../../fixtures/conversations.ts";
import { freshDatabase, type TestDatabase } from "../../fixtures/database.ts";
import { customerWaits, type Holder } from "../../fixtures/holder.ts";

let database: TestDatabase;
let sql: postgres.Sql;

Deno.test.beforeEach(async () => {
  database = await freshDatabase();
  sql = database.sql;
});
Deno.test.afterEach(async () => await database[Symbol.asyncDispose]());

const notice = "Já respondo.";

async function customerOf(seconds: number | null): Promise<Holder & { from: string }> {
  await sql`update public.assistants set delay_notice_seconds = ${seconds}, delay_message = ${notice}`;
  return await customerWaits(sql);
}

/** A try finds the model away; returns what the customer is told then. */
async function tryInVain(holder: Holder): Promise<string[]> {
  const { batch_id } = await holder.claimed();
  const { retry_in_ms } = await holder.fail(batch_id, "wait");
  const said = await holder.sendAll();
  await letTimePass(sql, holder.session, `${retry_in_ms} milliseconds`);
  return said;
}

Deno.test("the customer is told once that it takes longer, not before the assistant's time, and then answered", async () => {
  const holder = await customerOf(90);
  assert.deepEqual(await tryInVain(holder), []);
  await letTimePass(sql, holder.session, "80 seconds");
  assert.deepEqual(await tryInVain(holder), []);
  await letTimePass(sql, holder.session, "10 seconds");
  assert.deepEqual(await tryInVain(holder), [notice]);
  for (let count = 0; count < 5; count++) assert.deepEqual(await tryInVain(holder), []);

  const { batch_id, messages } = await holder.claimed();
  assert.deepEqual(messages.map(({ body }) => body), ["Oi"]);
  const { send } = await holder.complete(batch_id, ["A resposta"]);
  assert.deepEqual([send.outcome, send.message.body], ["begun", "A resposta"]);
});

Deno.test("who writes again meanwhile is not told again; who waits another time is", async () => {
  const holder = await customerOf(60);
  await letTimePass(sql, holder.session, "1 minute");
  assert.deepEqual(await tryInVain(holder), [notice]);
  await write(sql, holder.from, { body: "Alô?" });
  await letTimePass(sql, holder.session, "1 minute");
  assert.deepEqual(await tryInVain(holder), []);

  const { batch_id } = await holder.claimed();
  await holder.complete(batch_id);
  await holder.sendAll();
  await write(sql, holder.from, { body: "E amanhã?" });
  await letTimePass(sql, holder.session, "1 minute");
  assert.deepEqual(await tryInVain(holder), [notice]);
});

Deno.test("without a time nobody is told", async () => {
  const holder = await customerOf(null);
  await letTimePass(sql, holder.session, "5 hours");
  assert.deepEqual(await tryInVain(holder), []);
});

Deno.test("without words of its own the assistant says it in its language", async () => {
  for (
    const [locale, word] of [["pt-BR", /paciência/], ["en-US", /patience/], ["es-MX", /paciencia/]] as const
  ) {
    const holder = await customerOf(60);
    await sql`update public.assistants set delay_message = null, locale = ${locale}`;
    await letTimePass(sql, holder.session, "1 minute");
    assert.match((await tryInVain(holder)).join(), word);
  }
});

Deno.test("who is given up on gets the fallback alone", async () => {
  const holder = await customerOf(60);
  await letTimePass(sql, holder.session, "1 minute");
  const { batch_id } = await holder.claimed();
  await holder.fail(batch_id, "give_up");
  const said = await holder.sendAll();
  assert.equal(said.length, 1);
  assert.notEqual(said[0], notice);
});
