import assert from "node:assert/strict";
import { letTimePass } from "../../fixtures/conversations.ts";
import type postgres from "postgres";
import { freshDatabase, type TestDatabase } from "../../fixtures/database.ts";
import { customerWaits } from "../../fixtures/holder.ts";
import { begin, holder, record, reply } from "../../fixtures/sends.ts";

const hourMs = 3_600_000;

/** A person of the organization, who takes a conversation over and writes in it. */
async function person(database: TestDatabase) {
  const sub = "10000000-0000-4000-8000-000000000002";
  await database.sql`
    insert into public.users (owner_id, name, email, role, auth_id)
    select id, 'Bia', 'bia@recado.test', 'agent', ${sub} from public.owners limit 1`;
  const as = (work: (sql: postgres.TransactionSql) => Promise<unknown>) =>
    database.as("authenticated", work, { claims: { sub } });
  return {
    takesOver: (id: string) => as((sql) => sql`select public.take_over_conversation(${id})`),
    writes: (id: string, text: string) =>
      as((sql) => sql`select public.send_operator_message(${id}, ${text})`),
    handsBack: (id: string) => as((sql) => sql`select public.hand_back_conversation(${id})`),
    closes: (id: string) => as((sql) => sql`select public.close_conversation(${id})`),
  };
}

/** A reply that Twilio asked to bring in an hour. */
async function postponedReply(sql: postgres.Sql) {
  const sent = await reply(sql, ["A resposta da assistente"]);
  await record(sql, sent.session, sent.send, {
    kind: "postponed",
    retry_after_ms: hourMs,
    error_code: 20429,
  });
  return sent;
}

Deno.test("a person's words do not wait behind a reply that will not be sent any more", async () => {
  await using database = await freshDatabase();
  const { sql } = database;
  const bia = await person(database);
  const { session, conversation } = await postponedReply(sql);
  await sql`select public.release_batch_lock(${session}, ${holder})`;
  await bia.takesOver(conversation);
  await bia.writes(conversation, "Aqui é a Bia");
  const listed = await sql<{ id: string }[]>`select id from public.recover_stalled(50, 0) id`;
  assert.deepEqual(listed.map(({ id }) => id), [session]);
  await sql`select public.acquire_batch_lock(${session}, ${holder})`;
  assert.equal((await begin(sql, session)).message?.body, "Aqui é a Bia");
});

Deno.test("and after a quick hand back that reply does not go out before them, nor at all", async () => {
  await using database = await freshDatabase();
  const { sql } = database;
  const bia = await person(database);
  const { session, conversation, parts } = await postponedReply(sql);
  await bia.takesOver(conversation);
  await bia.writes(conversation, "Aqui é a Bia");
  await bia.handsBack(conversation);
  await letTimePass(sql, session, `${hourMs / 1_000 + 1} seconds`);
  assert.equal((await begin(sql, session)).message?.body, "Aqui é a Bia");
  const [row] = await sql`select delivery_status, cancel_reason from public.messages where id = ${
    parts[0] ?? ""
  }`;
  assert.deepEqual({ ...row }, { delivery_status: "canceled", cancel_reason: "handoff" });
});

for (const end of ["handsBack", "closes"] as const) {
  Deno.test(`messages that waited when a person took over are the person's, also once that one ${end === "closes" ? "closes it" : "hands back"}`, async () => {
    await using database = await freshDatabase();
    const { sql } = database;
    const bia = await person(database);
    const customer = await customerWaits(sql, "Quanto custa?");
    await customer.fail((await customer.claimed()).batch_id, "wait", { askedMs: hourMs / 6 });
    const [conversation] = await sql<{ id: string }[]>`select id from public.conversations`;
    const id = conversation?.id ?? "";
    await bia.takesOver(id);
    await bia.writes(id, "Dez reais.");
    assert.deepEqual(await customer.sendAll(), ["Dez reais."]);
    await bia[end](id);
    await letTimePass(sql, customer.session, "11 minutes");
    assert.equal((await customer.claim()).outcome, "drained");
  });
}
