import assert from "node:assert/strict";
import { letTimePass, write } from "../../fixtures/conversations.ts";
import { freshDatabase } from "../../fixtures/database.ts";
import { accept, begin, reply } from "../../fixtures/sends.ts";

for (const what of ["a handoff and back", "STOP and START"]) {
  Deno.test(`between two parts ${what}: what is left of the reply stays, all of it`, async () => {
    await using database = await freshDatabase();
    const { sql } = database;
    const { session, customer, conversation, parts, send } = await reply(sql, ["Um", "dois", "três"]);
    const move = async (status: string, word: string) => {
      if (what === "STOP and START") {
        await write(sql, customer, { body: word, extra: { OptOutType: word } });
        return;
      }
      await sql`
        select public.transition_conversation(id, ${status}, version, 'test')
        from public.conversations where id = ${conversation}`;
    };
    await accept(sql, session, send, "SM1");
    await letTimePass(sql, session, "3 seconds");
    await move("human_handoff", "STOP");
    await begin(sql, session);
    await move("progress", "START");
    await letTimePass(sql, session, "3 seconds");
    assert.equal((await begin(sql, session)).outcome, "none");
    const rows = await sql<{ delivery_status: string }[]>`
      select delivery_status from public.messages where id = any (${parts}) order by seq`;
    assert.deepEqual(rows.map((row) => row.delivery_status), ["accepted", "canceled", "canceled"]);
  });
}
