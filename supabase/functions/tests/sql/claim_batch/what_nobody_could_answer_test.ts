import assert from "node:assert/strict";
import { letTimePass, write } from "../../fixtures/conversations.ts";
import { freshDatabase } from "../../fixtures/database.ts";
import { customerWaits } from "../../fixtures/holder.ts";

const poison = "o que o filtro recusa";

Deno.test("a message that was given up on is not in the next prompt, nor in any after it", async () => {
  await using database = await freshDatabase();
  const { sql } = database;
  const { session, from, claimed, claim, complete, sendAll } = await customerWaits(sql, "Bom dia");
  await complete((await claimed()).batch_id, ["Bom dia!"]);
  await sendAll();

  // The crash of its holder, or five refusals: either way its last attempt is spent.
  await write(sql, from, { body: poison });
  await claimed({ maxAttempts: 1 });
  await sql`update public.reply_batches set lock_id = 'dead' where session_id = ${session} and outcome = 'claimed'`;
  assert.equal((await claim({ maxAttempts: 1 })).outcome, "dead");
  const [fallback] = await sendAll();

  for (const body of ["Quanto custa?", "E amanhã?", "Obrigado"]) {
    await letTimePass(sql, session, "1 minute");
    await write(sql, from, { body });
    const { batch_id, messages, history } = await claimed();
    assert.deepEqual(messages.map((message) => message.body), [body]);
    const said = history.map((message) => message.body);
    assert.ok(!said.join().includes(poison), said.join("\n"));
    assert.deepEqual(said.slice(0, 2), ["Bom dia", "Bom dia!"], "all else is still known");
    assert.ok(said.includes(fallback ?? ""), "and what the customer read instead of an answer");
    await complete(batch_id);
    await sendAll();
  }
});

Deno.test("where it was, the model reads a mark that something was said, by the customer, and nothing of it", async () => {
  await using database = await freshDatabase();
  const { sql } = database;
  const { from, claimed, fail, sendAll } = await customerWaits(sql, poison);
  await sql`
    update public.messages set kind = 'media', media = '[{"url": "https://poison.test", "contentType": "image/png"}]'`;
  await fail((await claimed()).batch_id, "give_up");
  await sendAll();
  await write(sql, from, { body: "Oi?" });
  const { history } = await claimed();
  assert.deepEqual(history[0], {
    author: "customer",
    kind: "unknown",
    body: "[unreadable message]",
    media: [],
  });
});

Deno.test("tried again by an operator, it is asked as it was", async () => {
  await using database = await freshDatabase();
  const { sql } = database;
  const { claimed, fail, sendAll, complete, from } = await customerWaits(sql, "Quanto custa?");
  const { batch_id } = await claimed();
  await fail(batch_id, "give_up");
  await sendAll();
  await sql`select public.redrive_dead_letter(${batch_id})`;
  const again = await claimed();
  assert.deepEqual(again.messages.map(({ body }) => body), ["Quanto custa?"]);
  await complete(again.batch_id, ["Dez reais."]);
  await sendAll();
  await write(sql, from, { body: "Certo" });
  const { history } = await claimed();
  assert.ok(history.some(({ body }) => body === "Quanto custa?"), "answered, it is part of what was said");
});
