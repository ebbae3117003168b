import type postgres from "postgres";
import type { Role, TestDatabase } from "../fixtures/database.ts";

/** Who asks: a database role, and for people who signed in the id of their Supabase Auth user. */
export const actors = ["anon", "foreign_admin", "user", "agent", "admin", "service_role"] as const;
export type Actor = (typeof actors)[number];

export interface Tenant {
  ownerId: string;
  accountSid: string;
  sender: string;
  sessionId: string;
  conversationId: string;
  batchId: string;
}

const authIds = {
  admin: "10000000-0000-4000-8000-000000000001",
  agent: "10000000-0000-4000-8000-000000000002",
  user: "10000000-0000-4000-8000-000000000003",
  foreign_admin: "20000000-0000-4000-8000-000000000001",
};

export const customer = "whatsapp:+5511977777777";

/** One organization with a person of each role, and one row at least in every table that belongs to it. */
export async function makeTenant(sql: postgres.Sql, nth: 1 | 2): Promise<Tenant> {
  const accountSid = `AC${String(nth).repeat(32)}`;
  const sender = `whatsapp:+1555000000${nth}`;
  const [organization] = await sql`
    select * from register_organization(
      ${`Tenant ${nth}`}, ${`admin${nth}@example.test`}, 'Ada', ${accountSid}, ${`jwe of ${nth}`}, ${sender})`;
  const ownerId: string = organization?.owner_id;
  await sql`update assistants set quiet_window_ms = 0, max_wait_ms = 0 where owner_id = ${ownerId}`;
  await sql`update users set auth_id = ${
    nth === 1 ? authIds.admin : authIds.foreign_admin
  } where owner_id = ${ownerId}`;
  if (nth === 1) {
    for (const role of ["agent", "user"] as const) {
      await sql`insert into users (owner_id, name, email, role, auth_id)
        values (${ownerId}, ${role}, ${`${role}@example.test`}, ${role}, ${authIds[role]})`;
    }
  }
  const inbound = (sid: string, to = sender) => ({
    MessageSid: `SM${nth}${sid}`,
    AccountSid: accountSid,
    From: customer,
    To: to,
    Body: `to tenant ${nth}`,
  });
  await sql`select ingest_inbound_message(${sql.json(inbound("orphan", "whatsapp:+10000000000"))})`;
  const [ingested] = await sql`select * from ingest_inbound_message(${sql.json(inbound("first"))})`;
  const [sessionId, conversationId]: [string, string] = [ingested?.session_id, ingested?.conversation_id];
  await sql`select acquire_batch_lock(${sessionId}, 'holder')`;
  const [claim] = await sql`select claim_batch(${sessionId}, 'holder') as batch`;
  const batchId: string = claim?.batch.batch_id;
  await sql`select fail_batch(${sessionId}, 'holder', ${batchId}, '{"failure": "content_refused"}', 'give_up')`;
  await sql`select release_batch_lock(${sessionId}, 'holder')`;
  const [moved] =
    await sql`select transition_conversation(${conversationId}, 'progress', 1, 'test') as conversation`;
  if (!moved) throw new Error("the conversation did not move");
  return { ownerId, accountSid, sender, sessionId, conversationId, batchId };
}

/** Runs the work as the actor, and undoes it. */
export async function actAs<T>(
  database: TestDatabase,
  actor: Actor,
  work: (sql: postgres.TransactionSql) => Promise<T>,
): Promise<T> {
  const undo = new Error("undone");
  let result: { value: T } | null = null;
  const [role, claims]: [Role, Record<string, string>] = actor === "anon" || actor === "service_role"
    ? [actor, {}]
    : ["authenticated", { sub: authIds[actor] }];
  try {
    await database.as(role, async (sql) => {
      result = { value: await work(sql) };
      throw undo;
    }, { claims });
  } catch (error) {
    if (error !== undo) throw error;
  }
  if (result === null) throw new Error("the work did not run");
  return (result as { value: T }).value;
}

/** `denied`: SQLSTATE 42501, or PT403 of a function that checks membership itself. */
export function isDenied(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "42501" || error.code === "PT403");
}
