import assert from "node:assert/strict";
import type postgres from "postgres";
import { freshDatabase, type TestDatabase } from "../fixtures/database.ts";
import { actAs, type Actor, actors, isDenied, makeTenant, type Tenant } from "./two_tenants.ts";

/** What reading a table gives: own rows, the rows of all, no rows, or a refusal. */
type Reading = "own" | "all" | "nothing" | "denied";

const staff: Record<Actor, Reading> = {
  anon: "denied",
  foreign_admin: "nothing",
  user: "nothing",
  agent: "own",
  admin: "own",
  service_role: "all",
};
const members: Record<Actor, Reading> = { ...staff, user: "own" };
const admins: Record<Actor, Reading> = { ...staff, agent: "nothing" };
const machines: Record<Actor, Reading> = {
  anon: "denied",
  foreign_admin: "denied",
  user: "denied",
  agent: "denied",
  admin: "denied",
  service_role: "all",
};

/** Every table of `public`: the column that tells whose a row is, and what each actor reads. */
const tables: Record<string, { owner: string; reads: Record<Actor, Reading> }> = {
  owners: { owner: "id", reads: members },
  users: { owner: "owner_id", reads: members },
  assistants: { owner: "owner_id", reads: members },
  senders: { owner: "owner_id", reads: members },
  twilio_accounts: { owner: "owner_id", reads: admins },
  sessions: { owner: "owner_id", reads: staff },
  conversations: { owner: "owner_id", reads: staff },
  conversation_state_history: { owner: "owner_id", reads: staff },
  messages: { owner: "owner_id", reads: staff },
  message_queue: { owner: "session_id", reads: staff },
  reply_batches: { owner: "owner_id", reads: staff },
  orphaned_messages: { owner: "account_sid", reads: admins },
  former_message_sids: { owner: "message_id", reads: machines },
  model_calls: { owner: "owner_id", reads: admins },
  sweep_runs: { owner: "id", reads: machines },
  sweep_positions: { owner: "task", reads: machines },
};

type Doing = "allowed" | "denied";
const machineOnly: Record<Actor, Doing> = {
  anon: "denied",
  foreign_admin: "denied",
  user: "denied",
  agent: "denied",
  admin: "denied",
  service_role: "allowed",
};
const forStaff: Record<Actor, Doing> = { ...machineOnly, agent: "allowed", admin: "allowed" };

/** Every function of `public`: a call about the first tenant that succeeds for whoever may make it. */
const functions: Record<string, { call: (tenant: Tenant) => string; does: Record<Actor, Doing> }> = {
  take_over_conversation: { call: (t) => `'${t.conversationId}'`, does: forStaff },
  hand_back_conversation: {
    call: (t) => `(select take_over_conversation('${t.conversationId}')).id`,
    does: forStaff,
  },
  close_conversation: { call: (t) => `'${t.conversationId}'`, does: forStaff },
  send_operator_message: { call: (t) => `'${t.conversationId}', 'Olá'`, does: forStaff },
  lift_opt_out: { call: (t) => `'${t.sessionId}'`, does: forStaff },
  redrive_dead_letter: { call: (t) => `'${t.batchId}'`, does: forStaff },
  redrive_dead_letters: { call: () => "", does: machineOnly },
  register_organization: {
    call: () => `'New', 'new@example.test', 'N', 'AC${"9".repeat(32)}', 'jwe', 'whatsapp:+19'`,
    does: machineOnly,
  },
  adopt_orphaned_messages: { call: (t) => `'${t.sender}'`, does: machineOnly },
  transition_conversation: { call: (t) => `'${t.conversationId}', 'expired', 2, 'x'`, does: machineOnly },
  ingest_inbound_message: {
    call: () => `'{"MessageSid": "SMx", "From": "whatsapp:+1", "To": "x"}'`,
    does: machineOnly,
  },
  acquire_batch_lock: { call: (t) => `'${t.sessionId}', 'x'`, does: machineOnly },
  extend_batch_lock: { call: (t) => `'${t.sessionId}', 'x'`, does: machineOnly },
  release_batch_lock: { call: (t) => `'${t.sessionId}', 'x'`, does: machineOnly },
  claim_batch: { call: (t) => `'${t.sessionId}', 'x'`, does: machineOnly },
  complete_batch: { call: (t) => `'${t.sessionId}', 'x', '${t.batchId}', '["a"]'`, does: machineOnly },
  fail_batch: { call: (t) => `'${t.sessionId}', 'x', '${t.batchId}', '{}', 'wait'`, does: machineOnly },
  hand_back_batch: { call: (t) => `'${t.sessionId}', 'x'`, does: machineOnly },
  begin_send: { call: (t) => `'${t.sessionId}', 'x'`, does: machineOnly },
  record_send: {
    call: (t) =>
      `'${t.sessionId}', 'x', (select id from messages where session_id = '${t.sessionId}' and direction = 'outbound'), 1,
       '{"kind": "unknown"}'`,
    does: machineOnly,
  },
  record_delivery_status: { call: (t) => `'${t.accountSid}', 'SMx', 'sent'`, does: machineOnly },
  known_message_sids: { call: () => `'[]'`, does: machineOnly },
  recover_stalled: { call: () => "", does: machineOnly },
  begin_sweep: { call: () => "", does: machineOnly },
  finish_sweep: { call: () => "0, '{}'", does: machineOnly },
  sweep_conversations: { call: () => "", does: machineOnly },
  sweep_housekeeping: { call: () => "90", does: machineOnly },
  schedule_sweep: { call: () => "", does: machineOnly },
  // It is the whole project's, and says nothing of anybody's.
  explain_sweep: {
    call: () => "",
    does: { ...machineOnly, admin: "allowed", foreign_admin: "allowed" },
  },
};

async function readingOf(database: TestDatabase, actor: Actor, table: string, own: string[], owner: string) {
  try {
    const rows = await actAs(
      database,
      actor,
      (sql) => sql.unsafe(`select ${owner} as owner from public.${table}`),
    );
    if (rows.length === 0) return "nothing";
    return rows.every((row) => own.includes(String(row.owner))) ? "own" : "all";
  } catch (error) {
    if (isDenied(error)) return "denied";
    throw error;
  }
}

Deno.test("who may read which table, and call which function", async (t) => {
  await using database = await freshDatabase();
  const { sql } = database;
  const tenant = await makeTenant(sql, 1);
  await makeTenant(sql, 2);
  await sql`insert into sweep_positions values ('x', 0)`;
  await sql`
    insert into former_message_sids (message_sid, message_id, reason)
    select 'SMf', id, 'returned' from messages where direction = 'outbound' limit 1`;
  await sql`select begin_sweep()`;
  const own = [tenant.ownerId, tenant.sessionId, tenant.accountSid];
  const names = (rows: postgres.RowList<postgres.Row[]>) => rows.map((row) => String(row.name)).sort();

  await t.step("the table names every table and function there is", async () => {
    const found = names(await sql`select tablename as name from pg_tables where schemaname = 'public'`);
    assert.deepEqual(found, Object.keys(tables).sort());
    const routines = names(
      await sql`
      select distinct p.proname as name from pg_proc p join pg_namespace n on n.oid = p.pronamespace
      where n.nspname = 'public'`,
    );
    assert.deepEqual(routines, Object.keys(functions).sort());
  });

  for (const [table, { owner, reads }] of Object.entries(tables)) {
    await t.step(`${table}: ${actors.map((actor) => `${actor} ${reads[actor]}`).join(", ")}`, async () => {
      for (const actor of actors) {
        // The other tenant's admin must not see the first one's rows; its own are its own affair.
        const mine = actor === "foreign_admin"
          ? (await sql.unsafe(`select ${owner} as owner from public.${table}`)).map((row) =>
            String(row.owner)
          )
            .filter((each) => !own.includes(each))
          : own;
        const reading = await readingOf(database, actor, table, mine, owner);
        const expected = actor === "foreign_admin" && reads[actor] === "nothing" ? "own" : reads[actor];
        assert.equal(reading, expected, `${actor} reads ${table}`);
      }
    });
    await t.step(`${table}: nobody but a machine writes, deletes or truncates`, async () => {
      for (const actor of actors.filter((each) => each !== "service_role")) {
        for (
          const statement of [`delete from public.${table}`, `insert into public.${table} default values`]
        ) {
          await assert.rejects(
            actAs(database, actor, (as) => as.unsafe(statement)),
            isDenied,
            `${actor}: ${statement}`,
          );
        }
      }
    });
  }

  for (const [name, { call, does }] of Object.entries(functions)) {
    await t.step(`${name}: ${actors.filter((actor) => does[actor] === "allowed").join(", ")}`, async () => {
      for (const actor of actors) {
        const calling = actAs(database, actor, (as) => as.unsafe(`select public.${name}(${call(tenant)})`));
        if (does[actor] === "allowed") await assert.doesNotReject(calling, `${actor} calls ${name}`);
        else await assert.rejects(calling, isDenied, `${actor} calls ${name}`);
      }
    });
  }

  await t.step("the view of the sweep's health is for machines", async () => {
    for (const actor of actors.filter((each) => each !== "service_role")) {
      await assert.rejects(actAs(database, actor, (as) => as`select * from sweep_health`), isDenied, actor);
    }
    const [health] = await actAs(database, "service_role", (as) => as`select * from sweep_health`);
    assert.ok(health);
  });

  await t.step("no member reads a token, encrypted or not", async () => {
    for (const actor of actors.filter((each) => each !== "service_role")) {
      const reading = actAs(database, actor, (as) => as`select auth_token_encrypted from twilio_accounts`);
      await assert.rejects(reading, isDenied, actor);
    }
  });

  await t.step("only an admin changes an assistant, and only one of its own", async () => {
    for (const actor of actors.filter((each) => each !== "service_role")) {
      const changing = actAs(
        database,
        actor,
        (as) => as`update assistants set instructions = 'x' where owner_id = ${tenant.ownerId} returning id`,
      );
      if (actor === "anon") await assert.rejects(changing, isDenied);
      else assert.equal((await changing).length, actor === "admin" ? 1 : 0, actor);
    }
  });
});
