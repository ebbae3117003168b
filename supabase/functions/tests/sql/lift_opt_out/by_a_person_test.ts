import assert from "node:assert/strict";
import { write } from "../../fixtures/conversations.ts";
import { freshAddress } from "../../fixtures/customer_address.ts";
import { freshDatabase, type TestDatabase } from "../../fixtures/database.ts";
import { record, reply } from "../../fixtures/sends.ts";

const agent = "10000000-0000-4000-8000-000000000002";
const stranger = "20000000-0000-4000-8000-000000000001";

/** Twilio said of the customer that they opted out. */
async function silenced({ sql }: TestDatabase): Promise<string> {
  await sql`
    insert into public.users (owner_id, name, email, role, auth_id)
    select id, 'Bia', 'bia@recado.test', 'agent', ${agent} from public.owners`;
  const { session, send } = await reply(sql, ["Oi"]);
  await record(sql, session, send, { kind: "failed", error_code: 21610 });
  return session;
}

async function lift(database: TestDatabase, session: string, sub = agent): Promise<boolean> {
  const [row] = await database.as("authenticated", (sql) =>
    sql<{ lifted: boolean }[]>`
    select public.lift_opt_out(${session}) as lifted`, { claims: { sub } });
  assert(row);
  return row.lifted;
}

async function optedOutBy(sql: TestDatabase["sql"], session: string): Promise<string | null> {
  const [row] = await sql`select opt_out_by from public.sessions where id = ${session}`;
  return row?.opt_out_by;
}

Deno.test("an agent takes back Twilio's word that a customer opted out, once", async () => {
  await using database = await freshDatabase();
  const session = await silenced(database);
  assert.equal(await optedOutBy(database.sql, session), "twilio");
  assert.equal(await lift(database, session), true);
  assert.equal(await optedOutBy(database.sql, session), null);
  assert.equal(await lift(database, session), false, "there is none any more");
});

Deno.test("nobody takes back a customer's own STOP", async () => {
  await using database = await freshDatabase();
  await silenced(database);
  const stop = { body: "STOP", extra: { OptOutType: "STOP" } };
  const { session_id } = await write(database.sql, freshAddress(), stop);
  await assert.rejects(() => lift(database, session_id), { code: "PT422" });
  assert.equal(await optedOutBy(database.sql, session_id), "customer");
});

Deno.test("whoever is no agent of the organization lifts nothing, and learns of no session", async () => {
  await using database = await freshDatabase();
  const session = await silenced(database);
  await assert.rejects(() => lift(database, session, stranger), { code: "PT403" });
  await assert.rejects(() => lift(database, crypto.randomUUID(), stranger), { code: "PT403" });
  assert.equal(await optedOutBy(database.sql, session), "twilio");
});
