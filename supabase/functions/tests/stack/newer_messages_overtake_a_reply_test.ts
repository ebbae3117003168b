import assert from "node:assert/strict";
import { createCustomer, gatewayOf } from "../fixtures/customer.ts";
import { tokensIn } from "../fixtures/tokens.ts";
import { type EchoStack, startEchoStack } from "../fixtures/echo_stack.ts";

let recado: EchoStack;

Deno.test.beforeAll(async () => {
  recado = await startEchoStack({ sweepTicks: false });
});
Deno.test.afterAll(async () => await recado[Symbol.asyncDispose]());

/** A customer who writes each further message while the model is at work on what came before. */
async function talkOver(count: number) {
  const { stack, twilio, sql, model } = recado;
  const customer = createCustomer();
  const tokens = [customer.token()];
  let hold = model.hold(customer);
  await customer.write(tokens[0] ?? "", [gatewayOf(stack)]);
  while (tokens.length < count) {
    await hold.reached;
    const next = customer.token();
    tokens.push(next);
    await customer.write(next, [gatewayOf(stack)]);
    const reached = hold;
    hold = model.hold(customer);
    reached.release();
  }
  hold.release();
  const [session] = await sql`select id from sessions where customer_address = ${customer.address}`;
  const sessionId: unknown = session?.id;
  await stack.events.happened(({ event, session_id, reason }) =>
    event === "batch_lock.released" && session_id === sessionId && reason === "drained"
  );
  const batches = await sql`
    select outcome, attempt, cardinality(message_ids) as messages, prompt_tokens
    from reply_batches where session_id = ${String(sessionId)} order by created_at`;
  const replies = twilio.messages().filter(({ to }) => to === customer.address)
    .map(({ body }) => tokensIn(body)).filter((found) => found.length > 0);
  return { tokens, replies, batches: batches.map((batch) => ({ ...batch })) };
}

Deno.test("append: what comes during the model call gets a second reply", async () => {
  const { tokens: [first, second], replies, batches } = await talkOver(2);
  assert.deepEqual(replies, [[first], [second]]);
  assert.deepEqual(batches, [
    { outcome: "completed", attempt: 1, messages: 1, prompt_tokens: 10 },
    { outcome: "completed", attempt: 1, messages: 1, prompt_tokens: 10 },
  ]);
});

Deno.test("supersede: a reply that was overtaken is discarded, its cost booked, and one reply answers all", async () => {
  await recado.sql`update assistants set overlap = 'supersede'`;
  const { tokens: [first, second], replies, batches } = await talkOver(2);
  assert.deepEqual(replies, [[first, second]]);
  assert.deepEqual(batches, [
    { outcome: "superseded", attempt: 1, messages: 1, prompt_tokens: 10 },
    { outcome: "completed", attempt: 1, messages: 2, prompt_tokens: 10 },
  ]);
});

Deno.test("supersede: no message's reply is discarded twice, however much follows", async () => {
  const { tokens: [first, second, third], replies, batches } = await talkOver(3);
  assert.deepEqual(replies, [[first, second], [third]]);
  assert.deepEqual(batches.map(({ outcome, messages }) => ({ outcome, messages })), [
    { outcome: "superseded", messages: 1 },
    { outcome: "completed", messages: 2 },
    { outcome: "completed", messages: 1 },
  ]);
});
