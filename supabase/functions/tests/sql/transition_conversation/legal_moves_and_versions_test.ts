import assert from "node:assert/strict";
import { changeStatus } from "functions/_shared/app/change_status.ts";
import type { Conversations } from "functions/_shared/app/ports/conversations.ts";
import { databaseError } from "functions/_shared/db/rpc.ts";
import {
  type ConversationStatus,
  conversationStatuses,
} from "functions/_shared/domain/conversation_status.ts";
import { AppError } from "functions/_shared/runtime/errors.ts";
import postgres from "postgres";
import { freshDatabase, type TestDatabase } from "../../fixtures/database.ts";
import { sender } from "../../fixtures/test_stack.ts";
import { conversation, move } from "../../fixtures/conversations.ts";
import { freshAddress } from "../../fixtures/customer_address.ts";

let database: TestDatabase;
let sql: postgres.Sql;

Deno.test.beforeAll(async () => {
  database = await freshDatabase();
  sql = database.sql;
});
Deno.test.afterAll(async () => await database[Symbol.asyncDispose]());

const isFinal = (status: ConversationStatus) =>
  ["agent_closed", "user_closed", "support_closed", "expired", "failed"].includes(status);

/** A conversation that was always in this state. */
async function conversationIn(status: ConversationStatus): Promise<string> {
  const [session] = await sql<{ id: string; owner_id: string }[]>`
    insert into public.sessions (owner_id, sender, customer_address)
    select owner_id, address, ${freshAddress()} from public.senders where address = ${sender}
    returning id, owner_id`;
  assert(session);
  const [row] = await sql<{ id: string }[]>`
    insert into public.conversations (owner_id, session_id, status, ended_at)
    values (${session.owner_id}, ${session.id}, ${status}, ${isFinal(status) ? new Date() : null})
    returning id`;
  assert(row);
  return row.id;
}

const historyOf = (id: string) =>
  sql<{ from_status: string; to_status: string; version: number }[]>`
    select from_status, to_status, version from public.conversation_state_history
    where conversation_id = ${id} order by version`;

Deno.test("the states of TypeScript are those of the CHECK constraint, and final is what has ended", async () => {
  const checks = await sql<{ conname: string; values: string[] }[]>`
    select conname, array(
      select m[1] from regexp_matches(pg_get_constraintdef(oid), '''(\\w+)''::text', 'g') m
    ) as values
    from pg_constraint where conrelid = 'public.conversations'::regclass and contype = 'c'`;
  const valuesOf = (name: string) => checks.find(({ conname }) => conname === name)?.values.sort();
  assert.deepEqual(valuesOf("status_is_known"), [...conversationStatuses].sort());
  assert.deepEqual(
    valuesOf("only_a_final_conversation_has_ended"),
    conversationStatuses.filter(isFinal).sort(),
  );
});

Deno.test("legal moves know no other states, and lead from every open state and from no final one", async () => {
  const moves = await sql<{ from_status: string; to_status: string }[]>`select * from private.legal_moves()`;
  assert.equal(moves.length, 25);
  const known: readonly string[] = conversationStatuses;
  assert(
    moves.every(({ from_status, to_status }) => known.includes(from_status) && known.includes(to_status)),
  );
  assert.deepEqual(
    [...new Set(moves.map(({ from_status }) => from_status))].sort(),
    conversationStatuses.filter((status) => !isFinal(status)).sort(),
  );
});

Deno.test("of the 81 pairs exactly the legal ones move, each with one history row and one step of version", async () => {
  const legal = new Set(
    (await sql<{ pair: string }[]>`
      select from_status || ' → ' || to_status as pair from private.legal_moves()`).map(({ pair }) => pair),
  );
  const pairs = conversationStatuses.flatMap((from) => conversationStatuses.map((to) => ({ from, to })));
  assert.equal(pairs.length, 81);
  const moved = await Promise.all(pairs.map(async ({ from, to }) => {
    const pair = `${from} → ${to}`;
    const id = await conversationIn(from);
    const attempt = move(sql, id, to, 1);
    if (legal.has(pair)) await attempt;
    else await assert.rejects(attempt, { code: "PT422" }, pair);
    const { status, version } = await conversation(sql, id);
    assert.deepEqual(
      { status, version },
      legal.has(pair) ? { status: to, version: 2 } : { status: from, version: 1 },
    );
    const history = (await historyOf(id)).map((row) => ({ ...row }));
    assert.deepEqual(
      history,
      legal.has(pair) ? [{ from_status: from, to_status: to, version: 2 }] : [],
      pair,
    );
    return legal.has(pair);
  }));
  assert.equal(moved.filter(Boolean).length, 25);
});

Deno.test("an unknown conversation is PT404, an unknown state PT422, a version of before or after PT409", async () => {
  const id = await conversationIn("progress");
  await assert.rejects(move(sql, crypto.randomUUID(), "progress", 1), { code: "PT404" });
  await assert.rejects(
    sql`select public.transition_conversation(${id}, 'nonsense', 1, 'test')`,
    { code: "PT422" },
  );
  for (const version of [0, 2, null]) {
    await assert.rejects(
      sql`select public.transition_conversation(${id}, 'expired', ${version}, 'test')`,
      { code: "PT409" },
    );
  }
  assert.equal((await conversation(sql, id)).version, 1);
  assert.equal((await historyOf(id)).length, 0);
});

/** Fifty connections that all wait for the same row, so that none has an advantage, are let go at once. */
async function fiftyAtOnce<T>(id: string, attempt: (own: postgres.Sql, index: number) => Promise<T>) {
  const clients = Array.from({ length: 50 }, () => database.connect());
  await Promise.all(clients.map((client) => client`select 1`));
  const { session_id } = await conversation(sql, id);
  // Watched from the start: some fail before the transaction that holds them up has said that it ended.
  const { settled } = await sql.begin(async (holding) => {
    await holding`select from public.sessions where id = ${session_id} for no key update`;
    const settled = Promise.allSettled(clients.map((client, index) => attempt(client, index)));
    for (let waiting = 0; waiting < clients.length;) {
      const [row] = await sql`
        select count(*)::integer as waiting from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock'`;
      waiting = row?.waiting;
    }
    return { settled };
  });
  const outcomes = await settled;
  await Promise.all(clients.map((client) => client.end()));
  return outcomes;
}

Deno.test("of fifty writers from the same version one wins, 49 conflict, and history has one row", async () => {
  const id = await conversationIn("progress");
  const settled = await fiftyAtOnce(id, (own, index) => {
    return move(own, id, index % 2 === 0 ? "human_handoff" : "idle_timeout", 1);
  });
  assert.equal(settled.filter(({ status }) => status === "fulfilled").length, 1);
  const codes = settled.flatMap((each) => each.status === "rejected" ? [each.reason.code] : []);
  assert.deepEqual(codes, Array(49).fill("PT409"));
  assert.equal((await historyOf(id)).length, 1);
  assert.equal((await conversation(sql, id)).version, 2);
});

/** The port of changeStatus, on a connection of its own. */
function conversationsOn(own: postgres.Sql): Conversations {
  const asConversation = (row: Awaited<ReturnType<typeof conversation>>) => ({
    ...row,
    sessionId: row.session_id,
  });
  return {
    find: async (id) => asConversation(await conversation(own, id)),
    transition: async (id, version, { to }) => {
      try {
        return asConversation(await move(own, id, to, version));
      } catch (error) {
        if (!(error instanceof postgres.PostgresError)) throw error;
        throw databaseError("transition_conversation", error, 0);
      }
    },
  };
}

Deno.test("fifty writers who retry: no move is lost and no version repeats", async () => {
  const id = await conversationIn("pending");
  // To and fro: a writer whose move is illegal just now comes back, like one who conflicted five times.
  const settled = await fiftyAtOnce(id, async (own, index) => {
    const change = {
      to: index % 2 === 0 ? "human_handoff" : "progress",
      changedBy: "test",
      reason: null,
    } as const;
    for (;;) {
      try {
        return await changeStatus(id, change, { conversations: conversationsOn(own) });
      } catch (error) {
        if (!(error instanceof AppError) || !["conflict", "invalid"].includes(error.code)) throw error;
      }
    }
  });
  assert(settled.every(({ status }) => status === "fulfilled"));
  const versions = settled.flatMap((each) => each.status === "fulfilled" ? [each.value.version] : []);
  const expected = Array.from({ length: 50 }, (_, index) => index + 2);
  assert.deepEqual(versions.sort((a, b) => a - b), expected, "each writer made one version");
  const history = await historyOf(id);
  assert.deepEqual(history.map(({ version }) => version), expected);
  history.reduce((from, { from_status, to_status }) => {
    assert.equal(from_status, from, "every move starts where the one before ended");
    return to_status;
  }, "pending");
  assert.equal((await conversation(sql, id)).version, 51);
});
