import assert from "node:assert/strict";
import type postgres from "postgres";
import { freshDatabase } from "../../fixtures/database.ts";

interface Acquired {
  success: boolean;
  lock_owner: string;
}

const sids = Array.from({ length: 20 }, (_, index) => `SM${String(index).padStart(32, "0")}`);

async function ingest(sql: postgres.Sql, messageSid = sids[0] ?? ""): Promise<string> {
  const [row] = await sql<{ session_id: string }[]>`
    select session_id from public.ingest_inbound_message(${
    sql.json({
      MessageSid: messageSid,
      AccountSid: "AC00000000000000000000000000000001",
      From: "whatsapp:+5511999990001",
      To: "whatsapp:+14155238886",
      Body: "Oi",
    })
  })`;
  return row?.session_id ?? "";
}

async function acquire(sql: postgres.Sql, session: string, webhook: string, seconds = 30): Promise<Acquired> {
  const [row] = await sql<
    Acquired[]
  >`select * from public.acquire_batch_lock(${session}, ${webhook}, ${seconds})`;
  assert.ok(row);
  return row;
}

async function answer(pending: PromiseLike<readonly { answer: boolean }[]>): Promise<boolean> {
  const [row] = await pending;
  assert.ok(row);
  return row.answer;
}

function release(sql: postgres.Sql, session: string, webhook: string, ifDrained = false): Promise<boolean> {
  return answer(sql`select public.release_batch_lock(${session}, ${webhook}, ${ifDrained}) as answer`);
}

function extend(sql: postgres.Sql, session: string, webhook: string): Promise<boolean> {
  return answer(sql`select public.extend_batch_lock(${session}, ${webhook}, 30) as answer`);
}

async function claim(sql: postgres.Sql, session: string, webhook: string): Promise<string> {
  await sql`update public.assistants set quiet_window_ms = 0, max_wait_ms = 0`;
  const [row] = await sql<{ answer: { outcome: string } }[]>`
    select public.claim_batch(${session}, ${webhook}) as answer`;
  return row?.answer.outcome ?? "";
}

async function expire(sql: postgres.Sql, session: string): Promise<void> {
  await sql`update public.sessions set batch_lock_until = clock_timestamp() where id = ${session}`;
}

Deno.test("of five that ask at once one gets the lock, and the others are told who has it", async () => {
  await using database = await freshDatabase();
  const session = await ingest(database.sql);
  const webhooks = ["one", "two", "three", "four", "five"];
  const clients = webhooks.map(() => database.connect());
  await Promise.all(clients.map((client) => client`select 1`));
  for (let round = 0; round < 20; round++) {
    const answers = await Promise.all(
      clients.map((client, at) => acquire(client, session, webhooks[at] ?? "")),
    );
    const winner = webhooks[answers.findIndex(({ success }) => success)];
    assert.ok(winner);
    assert.equal(answers.filter(({ success }) => success).length, 1);
    assert.deepEqual([...new Set(answers.map(({ lock_owner }) => lock_owner))], [winner]);
    assert.equal(await release(database.sql, session, winner), true);
  }
});

Deno.test("a stranger releases nothing; after the holder's release the next one wins", async () => {
  await using database = await freshDatabase();
  const { sql } = database;
  const session = await ingest(sql);
  await acquire(sql, session, "holder");
  assert.equal(await release(sql, session, "stranger"), false);
  assert.deepEqual({ ...await acquire(sql, session, "next") }, { success: false, lock_owner: "holder" });
  assert.equal(await release(sql, session, "holder"), true);
  assert.equal(await release(sql, session, "holder"), false, "it is not the holder's any more");
  assert.deepEqual({ ...await acquire(sql, session, "next") }, { success: true, lock_owner: "next" });
});

Deno.test("an expired lock can be taken, and is then no longer its former holder's to extend or release", async () => {
  await using database = await freshDatabase();
  const { sql } = database;
  const session = await ingest(sql);
  await acquire(sql, session, "former");
  await expire(sql, session);
  assert.deepEqual({ ...await acquire(sql, session, "next") }, { success: true, lock_owner: "next" });
  assert.equal(await extend(sql, session, "former"), false);
  assert.equal(await release(sql, session, "former"), false);
  assert.equal(await claim(sql, session, "former"), "lost");
});

Deno.test("acquiring again with the id that holds the lock succeeds and prolongs it", async () => {
  await using database = await freshDatabase();
  const { sql } = database;
  const session = await ingest(sql);
  await acquire(sql, session, "holder", 5);
  assert.deepEqual({ ...await acquire(sql, session, "holder", 60) }, { success: true, lock_owner: "holder" });
  const [row] = await sql<{ seconds: number }[]>`
    select extract(epoch from batch_lock_until - clock_timestamp())::float as seconds
    from public.sessions where id = ${session}`;
  assert.ok((row?.seconds ?? 0) > 50);
});

Deno.test("an expired lease is not extended, even if nobody took it", async () => {
  await using database = await freshDatabase();
  const { sql } = database;
  const session = await ingest(sql);
  await acquire(sql, session, "holder");
  assert.equal(await extend(sql, session, "holder"), true);
  assert.equal(await extend(sql, session, "stranger"), false);
  await expire(sql, session);
  assert.equal(await extend(sql, session, "holder"), false);
});

Deno.test("a release that asks for a drained session is refused while rows are due, not for rows in back-off", async () => {
  await using database = await freshDatabase();
  const { sql } = database;
  const session = await ingest(sql);
  await acquire(sql, session, "holder");
  assert.equal(await release(sql, session, "holder", true), false);
  await sql`update public.message_queue set available_at = clock_timestamp() + interval '1 minute'`;
  assert.equal(await release(sql, session, "holder", true), true);
});

Deno.test("rows that a dead predecessor was processing keep the lock from a drained release", async () => {
  await using database = await freshDatabase();
  const { sql } = database;
  const session = await ingest(sql);
  await acquire(sql, session, "dead");
  assert.equal(await claim(sql, session, "dead"), "claimed");
  await expire(sql, session);
  await acquire(sql, session, "next");
  const [row] = await sql<{ status: string }[]>`select status from public.message_queue`;
  assert.equal(row?.status, "processing");
  assert.equal(await release(sql, session, "next", true), false);
  assert.equal(await release(sql, session, "next"), true, "a plain release asks nothing");
});

Deno.test("a lock without a holder or a duration is refused, and so is one on no session", async () => {
  await using database = await freshDatabase();
  const { sql } = database;
  const session = await ingest(sql);
  await assert.rejects(() => acquire(sql, session, "holder", 0), { code: "PT422" });
  await assert.rejects(() => acquire(sql, crypto.randomUUID(), "holder"), { code: "PT404" });
});
