import assert from "node:assert/strict";
import type postgres from "postgres";
import { freshDatabase } from "../../fixtures/database.ts";

interface Ingested {
  outcome: string;
  message_id: string;
  session_id: string;
  conversation_id: string;
  lock_owner: string | null;
}

async function ingest(sql: postgres.Sql, messageSid: string): Promise<Ingested> {
  const [row] = await sql<Ingested[]>`
    select * from public.ingest_inbound_message(${
    sql.json({
      MessageSid: messageSid,
      AccountSid: "AC00000000000000000000000000000001",
      From: "whatsapp:+5511999990001",
      To: "whatsapp:+14155238886",
      ProfileName: "Ana",
      Body: "Oi",
    })
  })`;
  assert.ok(row);
  return row;
}

/** All that an ingest may change. */
async function everything(sql: postgres.Sql): Promise<unknown> {
  return await sql`
    select
      (select jsonb_agg(to_jsonb(s)) from public.sessions s) as sessions,
      (select jsonb_agg(to_jsonb(c) order by c.id) from public.conversations c) as conversations,
      (select jsonb_agg(to_jsonb(h) order by h.id) from public.conversation_state_history h) as history,
      (select jsonb_agg(to_jsonb(m) order by m.seq) from public.messages m) as messages,
      (select jsonb_agg(to_jsonb(q) order by q.id) from public.message_queue q) as queue,
      (select count(*) from public.orphaned_messages) as orphans`;
}

async function setStatus(sql: postgres.Sql, status: string, updated: string): Promise<void> {
  await sql`
    update public.conversations
    set status = ${status}, updated_at = clock_timestamp() - ${updated}::interval,
      ended_at = case when private.is_open(${status}) then null else clock_timestamp() end`;
}

Deno.test("of one message delivered 20 times at once one is accepted, and 19 are told its ids", async () => {
  await using database = await freshDatabase();
  const clients = Array.from({ length: 20 }, () => database.connect());
  await Promise.all(clients.map((client) => client`select 1`));
  for (let round = 0; round < 5; round++) {
    const answers = await Promise.all(clients.map((client) => ingest(client, `SM${round}`)));
    const accepted = answers.find(({ outcome }) => outcome === "accepted");
    assert.ok(accepted);
    const { message_id, session_id, conversation_id } = accepted;
    const duplicates = answers.filter((each) => each !== accepted);
    assert.equal(duplicates.length, 19);
    for (const duplicate of duplicates) {
      assert.deepEqual({ ...duplicate }, {
        outcome: "duplicate",
        message_id,
        session_id,
        conversation_id,
        lock_owner: null,
        wait_ms: null,
      });
    }
    const [rows] = await database.sql<{ messages: number; queue: number }[]>`
      select
        (select count(*)::integer from public.messages where message_sid = ${`SM${round}`}) as messages,
        (select count(*)::integer from public.message_queue where message_sid = ${`SM${round}`}) as queue`;
    assert.deepEqual({ ...rows }, { messages: 1, queue: 1 });
  }
  const [session] = await database.sql<{ inbound_seq: string }[]>`select inbound_seq from public.sessions`;
  assert.equal(Number(session?.inbound_seq), 5, "no duplicate was counted");
});

for (
  const { when, status, updated } of [
    { when: "into a conversation that is open", status: "progress", updated: "1 minute" },
    { when: "into one that is idle wakes nothing", status: "idle_timeout", updated: "2 hours" },
    { when: "past the expiry closes nothing and opens nothing", status: "progress", updated: "3 days" },
    { when: "after the end opens no conversation", status: "support_closed", updated: "1 minute" },
    { when: "during a handoff", status: "human_handoff", updated: "1 minute" },
  ]
) {
  Deno.test(`a duplicate ${when}: not a row, not a timestamp changes`, async () => {
    await using database = await freshDatabase();
    const { sql } = database;
    const original = await ingest(sql, "SM1");
    await setStatus(sql, status, updated);
    const before = await everything(sql);
    const duplicate = await ingest(sql, "SM1");
    assert.equal(duplicate.outcome, "duplicate");
    assert.equal(duplicate.message_id, original.message_id);
    assert.equal(duplicate.conversation_id, original.conversation_id);
    assert.deepEqual(await everything(sql), before);
  });
}
