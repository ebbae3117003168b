import assert from "node:assert/strict";
import { write } from "../../fixtures/conversations.ts";
import { freshDatabase } from "../../fixtures/database.ts";
import { holder } from "../../fixtures/sends.ts";

Deno.test("a sender that moved to another organization brings its assistant to none of the former one's customers", async () => {
  await using database = await freshDatabase();
  const { sql } = database;
  await sql`update assistants set quiet_window_ms = 0, max_wait_ms = 0`;
  const { session_id } = await write(sql, "whatsapp:+5511900000000");
  await sql`
    with o as (
      select * from public.register_organization('Outra', 'outra@recado.test', 'Bia', ${`AC${
    "2".repeat(32)
  }`}, 'jwe', 'whatsapp:+15550000002')
    )
    update public.senders s
    set owner_id = o.owner_id, twilio_account_id = o.twilio_account_id, assistant_id = o.assistant_id
    from o where s.address = 'whatsapp:+14155238886'`;
  await sql`update assistants set quiet_window_ms = 0, max_wait_ms = 0, instructions = 'segredo' where name = 'Outra'`;
  await sql`select acquire_batch_lock(${session_id}, ${holder})`;
  const [row] = await sql`select claim_batch(${session_id}, ${holder}) as claim`;
  assert.notEqual(row?.claim.assistant?.instructions, "segredo", JSON.stringify(row?.claim));
});

Deno.test("its words and lifetimes stay away from them too: the former one's own assistant has them", async () => {
  await using database = await freshDatabase();
  const { sql } = database;
  const { session_id } = await write(sql, "whatsapp:+5511900000000");
  const [own] = await sql`select id from assistants`;
  await sql`
    with o as (
      select * from public.register_organization(
        'Outra', 'outra@recado.test', 'Bia', ${`AC${"2".repeat(32)}`}, 'jwe', 'whatsapp:+15550000002')
    )
    update public.senders s
    set owner_id = o.owner_id, twilio_account_id = o.twilio_account_id, assistant_id = o.assistant_id
    from o where s.address = 'whatsapp:+14155238886'`;
  const [its] = await sql`select (private.assistant_of(${session_id})).id as id`;
  assert.equal(its?.id, own?.id);
});
