import assert from "node:assert/strict";
import postgres from "postgres";
import { databaseWithCron } from "../../cron/with_cron.ts";
import { actAs, makeTenant } from "../../tenants/two_tenants.ts";

/** As pg_net does with an address that is none. */
const refusing = `
  create or replace function net.http_post(
    url text, body jsonb default '{}', params jsonb default '{}', headers jsonb default '{}',
    timeout_milliseconds integer default 5000
  ) returns bigint language plpgsql as $$
  begin
    raise exception 'Bad URL: %', url;
  end $$`;

Deno.test("a call that cannot be made takes nothing back of what a person did; the schedule's own fails loudly", async (t) => {
  await using database = await databaseWithCron();
  const { sql } = database;
  const tenant = await makeTenant(sql, 1);
  await sql.unsafe(refusing);
  await sql`update vault.decrypted_secrets set decrypted_secret = 'https://<ref>' where name = 'recado_sweep_url'`;

  await t.step("send_operator_message", async () => {
    const [sent] = await actAs(database, "agent", async (as) => {
      await as`select send_operator_message(${tenant.conversationId}, 'Olá')`;
      return await as`select delivery_status from messages where author = 'operator'`;
    });
    assert.equal(sent?.delivery_status, "pending");
  });

  await t.step("redrive_dead_letter", async () => {
    const [redriven] = await actAs(
      database,
      "agent",
      (as) => as`select redrive_dead_letter(${tenant.batchId}) as messages`,
    );
    assert.equal(redriven?.messages, 1);
  });

  await t.step("redrive_dead_letters", async () => {
    const [redriven] = await actAs(
      database,
      "service_role",
      (as) => as`select * from redrive_dead_letters()`,
    );
    assert.deepEqual({ ...redriven }, { batches: 1, messages: 1 });
  });

  await assert.rejects(sql`select private.call_sweep()`, { code: "P0001" });
});

Deno.test("the warning has neither address nor key", async () => {
  await using database = await databaseWithCron();
  await database.sql.unsafe(refusing);
  const warnings: string[] = [];
  const sql = postgres(database.url, { max: 1, onnotice: ({ message }) => warnings.push(String(message)) });
  await sql`select private.wake_sweep()`;
  await sql.end();
  assert.deepEqual(warnings, ["The sweep could not be called (P0001): sweep_health says why."]);
});
