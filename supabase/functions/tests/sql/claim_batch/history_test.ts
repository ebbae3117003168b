import assert from "node:assert/strict";
import { write } from "../../fixtures/conversations.ts";
import { freshDatabase } from "../../fixtures/database.ts";
import { accept, holder, reply } from "../../fixtures/sends.ts";

Deno.test("the history has what a template carried, all parts of it", async () => {
  await using database = await freshDatabase();
  const { sql } = database;
  await sql`update public.assistants set content_sid = ${`HX${"1".repeat(32)}`}`;
  const { session, customer, send } = await reply(sql, ["Um", "dois", "três"], { hoursLater: 25 });
  await accept(sql, session, send, "SM1");
  await write(sql, customer, { body: "E agora?" });
  const [claimed] = await sql`select public.claim_batch(${session}, ${holder}) as batch`;
  const bodies = claimed?.batch.history.map(({ body }: { body: string }) => body);
  assert.deepEqual(bodies.slice(-3), ["Um", "dois", "três"]);
});
