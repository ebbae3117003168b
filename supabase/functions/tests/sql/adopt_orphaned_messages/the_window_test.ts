import assert from "node:assert/strict";
import type postgres from "postgres";
import { write } from "../../fixtures/conversations.ts";
import { freshAddress } from "../../fixtures/customer_address.ts";
import { freshDatabase, type TestDatabase } from "../../fixtures/database.ts";
import { customerWaits, hold, waitForNobody } from "../../fixtures/holder.ts";
import { adopt, orphan } from "./orphans.ts";

let database: TestDatabase;
let sql: postgres.Sql;

Deno.test.beforeEach(async () => {
  database = await freshDatabase();
  sql = database.sql;
});
Deno.test.afterEach(async () => await database[Symbol.asyncDispose]());

async function hoursSinceInbound(): Promise<number> {
  const [row] = await sql<{ hours: number }[]>`
    select extract(epoch from clock_timestamp() - last_inbound_at)::float / 3600 as hours from public.sessions`;
  return row?.hours ?? NaN;
}

Deno.test("a message adopted late opens the 24 h window from when it came, not from now", async () => {
  await orphan(sql, freshAddress(), { ago: "30 hours" });
  assert.equal(await adopt(sql), 1);
  const hours = await hoursSinceInbound();
  assert.ok(hours > 29.9 && hours < 30.1, `${hours} h`);
});

Deno.test("adopting what came before the last message does not move the window back", async () => {
  const { from } = await customerWaits(sql);
  await orphan(sql, from, { ago: "30 hours" });
  assert.equal(await adopt(sql), 1);
  assert.ok(await hoursSinceInbound() < 0.1);
});

Deno.test("a fresh message that comes in the midst of adopting keeps its window, and its reply is sent", async () => {
  await waitForNobody(sql);
  const from = freshAddress();
  await orphan(sql, from, { ago: "30 hours" });
  await orphan(sql, from, { ago: "40 hours" });
  const { session_id } = await write(sql, from, { body: "Há dias" });
  await sql`update public.sessions set last_inbound_at = last_inbound_at - interval '50 hours'`;

  const adopting = await sql.begin(async (webhook) => {
    await write(webhook, from, { body: "Agora" });
    const adopting = adopt(sql);
    await somebodyWaits(sql);
    // Wrapped, or the transaction would wait for it.
    return { adopted: adopting };
  });
  assert.equal(await adopting.adopted, 2);
  assert.ok(await hoursSinceInbound() < 0.1, `${await hoursSinceInbound()} h`);

  const { claimed, complete } = await hold(sql, session_id);
  const { batch_id } = await claimed();
  const { send } = await complete(batch_id, ["A resposta"]);
  assert.deepEqual([send.outcome, send.canceled], ["begun", []]);
});

/** Until a connection of this database stands before another's lock. */
async function somebodyWaits(sql: postgres.ISql): Promise<void> {
  for (const begun = performance.now();;) {
    assert.ok(performance.now() - begun < 10_000, "nobody came");
    const waiting = await sql`
      select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
    if (waiting.length > 0) return;
  }
}
