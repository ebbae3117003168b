import assert from "node:assert/strict";
import { createClient } from "@supabase/supabase-js";
import { startTestStack, type TestStack } from "../fixtures/test_stack.ts";
import { logUntil } from "../fixtures/log_until.ts";

let recado: TestStack;
Deno.test.beforeAll(async () => {
  recado = await startTestStack();
});
Deno.test.afterAll(async () => await recado[Symbol.asyncDispose]());

const memberEmail = "demo@recado.test";
const from = "whatsapp:+5511944444444";

const browser = () =>
  createClient(recado.stack.url, recado.stack.keys.publishable, {
    auth: { persistSession: false, autoRefreshToken: false },
  });

/** As a person does: asks for a one-time password and types it in. */
async function signedIn(email: string) {
  const client = browser();
  const earlier = recado.lines.length;
  const { error } = await client.auth.signInWithOtp({ email });
  assert.equal(error, null);
  const mail = () =>
    recado.lines.slice(earlier).find((line) => line.event === "email.written" && line.to === email);
  await logUntil(recado.stack.events, () => Promise.resolve(mail() !== undefined));
  const token = /\b\d{6}\b/.exec(String(mail()?.text))?.[0] ?? "";
  const verified = await client.auth.verifyOtp({ email, token, type: "magiclink" });
  assert.equal(verified.error, null);
  return client;
}

const authIdOf = async (email: string) =>
  (await recado.sql`select auth_id from users where email = ${email}`)[0]?.auth_id;

async function conversationOf(customer: string): Promise<string> {
  await recado.twilio.send({ from: customer, body: "Oi" });
  await recado.twilio.accepted((message) => message.to === customer);
  const [row] = await recado.sql`
    select c.id from conversations c join sessions s on s.id = c.session_id where s.customer_address = ${customer}`;
  return row?.id;
}

Deno.test("who signs up with a member's e-mail and a password, but has not its mailbox, is tied to nothing", async () => {
  const stranger = browser();
  const { data } = await stranger.auth.signUp({ email: memberEmail, password: "a-strangers-password" });
  assert.equal(data.session, null);
  assert.equal(await authIdOf(memberEmail), null);
  const { error } = await stranger.auth.signInWithPassword({
    email: memberEmail,
    password: "a-strangers-password",
  });
  assert.ok(error);
  assert.equal((await stranger.from("owners").select("id")).error?.code, "42501");
});

Deno.test("the member who then proves the mailbox is tied, and the stranger's password opens nothing", async () => {
  const member = await signedIn(memberEmail);
  const { data: { user } } = await member.auth.getUser();
  assert.ok(user);
  assert.equal(await authIdOf(memberEmail), user.id);
  const { error } = await browser().auth.signInWithPassword({
    email: memberEmail,
    password: "a-strangers-password",
  });
  assert.ok(error);
});

Deno.test("a member reads the rows of its organization and of no other", async () => {
  const id = await conversationOf(from);
  await recado.sql`select register_organization(
    'Other', 'other@example.test', 'O', ${`AC${"d".repeat(32)}`}, 'jwe', 'whatsapp:+15550004444')`;
  const member = await signedIn(memberEmail);
  const owners = await member.from("owners").select("email");
  assert.deepEqual(owners.data, [{ email: memberEmail }]);
  const senders = await member.from("senders").select("address");
  assert.equal(senders.data?.length, 1);
  assert.deepEqual((await member.from("conversations").select("id")).data, [{ id }]);
});

Deno.test("a member takes over, writes, hands back and closes", async () => {
  const id = await conversationOf("whatsapp:+5511944444445");
  const member = await signedIn(memberEmail);
  const call = async (name: string, more: Record<string, string> = {}) => {
    const { data, error, status } = await member.rpc(name, { p_conversation_id: id, ...more });
    assert.equal(error, null);
    assert.equal(status, 200);
    return data;
  };
  assert.equal((await call("take_over_conversation")).status, "human_handoff");
  const messageId = await call("send_operator_message", { p_body: "Sou a Ana, em que posso ajudar?" });
  await recado.sweep();
  const [sent] = await recado.twilio.accepted(({ body }) => body === "Sou a Ana, em que posso ajudar?");
  assert.equal(sent?.to, "whatsapp:+5511944444445");
  const [row] = await recado
    .sql`select author, written_by as by from messages where id = ${messageId}`;
  assert.deepEqual({ ...row }, { author: "operator", by: `user:${await authIdOf(memberEmail)}` });
  assert.equal((await call("hand_back_conversation")).status, "progress");
  assert.equal((await call("close_conversation")).status, "agent_closed");
  const late = await member.rpc("send_operator_message", { p_conversation_id: id, p_body: "Late" });
  assert.deepEqual([late.status, late.error?.code], [422, "PT422"]);
});

Deno.test("a stranger who signed in reads nothing and may do nothing, and nobody at all still less", async () => {
  const id = await conversationOf("whatsapp:+5511944444446");
  const stranger = await signedIn("stranger@example.test");
  for (const table of ["owners", "conversations", "messages", "sessions", "twilio_accounts"]) {
    const { data } = await stranger.from(table).select("id");
    assert.deepEqual(data, [], table);
  }
  for (const name of ["take_over_conversation", "hand_back_conversation", "close_conversation"]) {
    const { status, error } = await stranger.rpc(name, { p_conversation_id: id });
    assert.deepEqual([status, error?.code], [403, "PT403"], name);
  }
  const writing = await stranger.rpc("send_operator_message", { p_conversation_id: id, p_body: "Hi" });
  assert.deepEqual([writing.status, writing.error?.code], [403, "PT403"]);
  const machine = await stranger.rpc("ingest_inbound_message", { p_params: {} });
  assert.deepEqual([machine.status, machine.error?.code], [403, "42501"]);
  const nobody = await browser().from("conversations").select("id");
  assert.deepEqual([nobody.status, nobody.error?.code], [401, "42501"]);
});
