import assert from "node:assert/strict";
import { createClient } from "@supabase/supabase-js";
import { changeStatus } from "functions/_shared/app/change_status.ts";
import { createConversations } from "functions/_shared/db/conversations.ts";
import type { Database } from "functions/_shared/db/database.types.ts";
import { createRpc } from "functions/_shared/db/rpc.ts";
import { startTestStack, type TestStack } from "../fixtures/test_stack.ts";
import { logUntil } from "../fixtures/log_until.ts";
import { freshAddress } from "../fixtures/customer_address.ts";

let recado: TestStack;
let conversations: ReturnType<typeof createConversations>;

Deno.test.beforeAll(async () => {
  recado = await startTestStack({ quietWindowMs: 50 });
  const client = createClient<Database>(recado.stack.url, recado.stack.keys.serviceRole, {
    auth: { persistSession: false, autoRefreshToken: false },
  });
  conversations = createConversations(client, createRpc(client));
});
Deno.test.afterAll(async () => await recado[Symbol.asyncDispose]());

const sentTo = (from: string) => recado.twilio.messages().filter(({ to }) => to === from);

async function latest(from: string): Promise<{ id: string; session_id: string; status: string }> {
  const [row] = await recado.sql<{ id: string; session_id: string; status: string }[]>`
    select c.id, c.session_id, c.status
    from public.conversations c join public.sessions s on s.id = c.session_id
    where s.customer_address = ${from} order by c.started_at desc limit 1`;
  assert(row);
  return row;
}

/** The next time that the session's holder lets go, counted from now. */
async function released(sessionId: string): Promise<void> {
  const seen = new Set(recado.stack.events.recent());
  await recado.stack.events.happened((line) =>
    !seen.has(line) && line.event === "batch_lock.released" && line.session_id === sessionId
  );
}

async function outboxOf(sessionId: string) {
  const rows = await recado.sql`
    select position, delivery_status in ('canceled') as canceled, cancel_reason, message_sid is not null as sid
    from public.messages where session_id = ${sessionId} and direction = 'outbound' order by seq`;
  return rows.map((row) => ({ ...row }));
}

const takeOver = async (from: string) => {
  const { id, session_id } = await latest(from);
  const change = { to: "human_handoff", changedBy: "user:ana", reason: "A person answers." } as const;
  const moved = await changeStatus(id, change, { conversations });
  assert.equal(moved.status, "human_handoff");
  return session_id;
};

Deno.test("a reply under way when a person takes over is not sent", async () => {
  const from = freshAddress();
  const calls = recado.model.requests().length;
  const answer = Promise.withResolvers<void>();
  recado.model.next({ kind: "held", until: answer.promise, to: "Quero falar com alguém" });
  await recado.twilio.send({ from, body: "Quero falar com alguém" });
  await recado.model.called(calls + 1);
  const { session_id } = await latest(from);
  const end = released(session_id);
  await takeOver(from);
  answer.resolve();
  await end;
  assert.deepEqual(await outboxOf(session_id), [
    { position: 0, canceled: true, cancel_reason: "handoff", sid: false },
  ]);
  assert.deepEqual(sentTo(from), []);
});

Deno.test("a reply whose POST had begun when a person took over is sent and recorded, and the next part is not", async () => {
  const from = freshAddress();
  const parts = `${"a".repeat(900)}\n\n${"b".repeat(900)}`;
  recado.model.next({ kind: "say", text: parts, to: "Conte tudo" });
  const answer = Promise.withResolvers<void>();
  recado.twilio.inject({ kind: "held", until: answer.promise }, { to: from });
  await recado.twilio.send({ from, body: "Conte tudo" });
  await recado.twilio.accepted((message) => message.to === from);
  const { session_id } = await latest(from);
  await takeOver(from);
  answer.resolve();
  await logUntil(recado.stack.events, async () => (await outboxOf(session_id)).some(({ sid }) => sid));
  assert.deepEqual(await outboxOf(session_id), [
    { position: 0, canceled: false, cancel_reason: null, sid: true },
    { position: 1, canceled: true, cancel_reason: "handoff", sid: false },
  ]);
  assert.equal(sentTo(from).length, 1);
});

Deno.test("while a person has the conversation messages are stored and nothing answers; handed back, the next is answered", async () => {
  const from = freshAddress();
  await recado.twilio.send({ from, body: "Oi" });
  await recado.twilio.accepted((message) => message.to === from);
  const { id, session_id } = await latest(from);
  await takeOver(from);
  const calls = recado.model.requests().length;

  for (const body of ["Alguém aí?", "Obrigado!"]) {
    assert.equal((await recado.twilio.send({ from, body })).status, 200);
  }
  assert.equal((await recado.sweep()).counts.stalled, 0);
  assert.equal(recado.model.requests().length, calls);
  assert.equal(sentTo(from).length, 1);
  const kept = await recado.sql`
    select conversation_id, unanswered_reason from public.messages
    where session_id = ${session_id} and direction = 'inbound' order by seq offset 1`;
  assert.deepEqual(kept.map((row) => ({ ...row })), [
    { conversation_id: id, unanswered_reason: "handoff" },
    { conversation_id: id, unanswered_reason: "handoff" },
  ]);

  await changeStatus(id, { to: "progress", changedBy: "user:ana", reason: null }, { conversations });
  const end = released(session_id);
  await recado.twilio.send({ from, body: "Tchau, thanks" });
  await end;
  assert.equal(sentTo(from).length, 2);
  assert.equal((await latest(from)).status, "progress", "and the good-bye closed nothing");
});

Deno.test("through the Data API: a stale version is a conflict, an illegal move invalid, an unknown conversation not found", async () => {
  const from = freshAddress();
  await recado.twilio.send({ from, body: "Oi" });
  await recado.twilio.accepted((message) => message.to === from);
  const { id } = await latest(from);
  const change = { to: "agent_closed", changedBy: "user:ana", reason: "Done." } as const;
  await assert.rejects(conversations.transition(id, 99, change), { code: "conflict" });
  await assert.rejects(conversations.transition(crypto.randomUUID(), 1, change), { code: "not_found" });
  await changeStatus(id, change, { conversations });
  await assert.rejects(changeStatus(id, change, { conversations }), { code: "invalid" });
  await assert.rejects(changeStatus(crypto.randomUUID(), change, { conversations }), { code: "not_found" });
});
