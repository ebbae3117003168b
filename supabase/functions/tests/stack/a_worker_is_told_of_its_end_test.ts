import assert from "node:assert/strict";
import { createCustomer, type Customer, gatewayOf } from "../fixtures/customer.ts";
import { tokensIn } from "../fixtures/tokens.ts";
import { sweepOnce } from "../fixtures/sweep.ts";
import { type FunctionsProcess, launchFunctions } from "../faults/functions_process.ts";
import { type EchoStack, startEchoStack } from "../fixtures/echo_stack.ts";

// Deno maps no signal to `beforeunload`; Supabase's runtime dispatches it before it ends a worker. The process under test
// dispatches the same event, with the same detail, when it gets SIGUSR2.

let recado: EchoStack;

Deno.test.beforeAll(async () => {
  // No clock for the sweep: nobody else comes along unless a test asks for it.
  recado = await startEchoStack({ sweepTicks: false });
});
Deno.test.afterAll(async () => await recado[Symbol.asyncDispose]());

interface Ended extends AsyncDisposable {
  customer: Customer;
  receiver: FunctionsProcess;
  sessionId: string;
}

/** A worker that is told of its end as soon as it logs `during`, and that has let go since. */
async function endedDuring(
  during: string,
  { customer = createCustomer(), onAnnounced = () => Promise.resolve() }: {
    customer?: Customer;
    onAnnounced?: () => Promise<void>;
  } = {},
): Promise<Ended> {
  const { stack, model, sql } = recado;
  const receiver = await launchFunctions(stack, { openaiUrl: model.url });
  const target = { origin: receiver.origin, publicFunctionsUrl: stack.publicFunctionsUrl };
  await customer.write(customer.token(), [target]);
  await receiver.happened(during);
  receiver.signal("SIGUSR2");
  await onAnnounced();
  await receiver.happened("batch_lock.released");
  const [session] = await sql`select id from sessions where customer_address = ${customer.address}`;
  const dispose = () => receiver[Symbol.asyncDispose]();
  return { customer, receiver, sessionId: session?.id, [Symbol.asyncDispose]: dispose };
}

/** A worker that is told of its end while it waits for the model, which answers nobody before that. */
async function endedDuringItsCall(): Promise<Ended> {
  const customer = createCustomer();
  const hold = recado.model.hold(customer);
  const ended = await endedDuring("model.called", { customer });
  hold.release();
  return ended;
}

async function stateOf(sessionId: string) {
  const [row] = await recado.sql`select
    (select json_agg(json_build_object('status', q.status, 'attempts', q.attempts))
      from message_queue q where q.session_id = ${sessionId}) as queue,
    (select json_agg(b.outcome order by b.created_at) from reply_batches b where b.session_id = ${sessionId}) as batches,
    (select batch_lock_id from sessions where id = ${sessionId}) as lock`;
  return { ...row };
}

const repliesTo = ({ address }: Customer) =>
  recado.twilio.messages().filter(({ to, body }) => to === address && tokensIn(body).length > 0);

Deno.test("a worker that is told of its end during the model call hands its batch back at once, uncounted", async () => {
  await using ended = await endedDuringItsCall();
  assert.equal((await ended.receiver.happened("batch_lock.released")).reason, "stopped");
  assert.deepEqual(await stateOf(ended.sessionId), {
    queue: [{ status: "pending", attempts: 0 }],
    batches: ["handed_back"],
    lock: null,
  });
});

Deno.test("the next message takes along at once what was handed back, and one reply answers both", async () => {
  await using ended = await endedDuringItsCall();
  const { customer } = ended;
  const second = customer.token();
  await customer.write(second, [gatewayOf(recado.stack)]);
  await recado.twilio.accepted(({ to, body }) => to === customer.address && body.includes(second));
  const [reply, ...others] = repliesTo(customer);
  assert.equal(others.length, 0);
  assert.deepEqual(tokensIn(reply?.body ?? ""), customer.acknowledged.flatMap(tokensIn));
  const attempts = await recado.sql`
    select attempt from reply_batches where session_id = ${ended.sessionId} and outcome = 'completed'`;
  assert.deepEqual(attempts.map(({ attempt }) => attempt), [1]);
});

Deno.test("the next tick answers what was handed back, without waiting for the lease", async () => {
  await using ended = await endedDuringItsCall();
  const { stack, sql, twilio } = recado;
  // The sweep leaves what is younger than a second to the invocation that brought it.
  await sql`update message_queue set created_at = created_at - interval '6 seconds' where session_id = ${ended.sessionId}`;
  const { counts } = await sweepOnce(stack, sql);
  assert((counts.answered ?? 0) >= 1);
  await twilio.accepted(({ to }) => to === ended.customer.address);
  assert.equal(repliesTo(ended.customer).length, 1);
});

Deno.test("a worker that is told of its end while a burst may still grow lets go at once", async () => {
  await recado.sql`update assistants set quiet_window_ms = 60000, max_wait_ms = 60000`;
  await using ended = await endedDuring("batch.waiting");
  await recado.sql`update assistants set quiet_window_ms = 300, max_wait_ms = 2000`;
  assert.deepEqual(await stateOf(ended.sessionId), {
    queue: [{ status: "pending", attempts: 0 }],
    batches: null,
    lock: null,
  });
});

Deno.test("a worker that is told of its end during a POST to Twilio still records what becomes of it, and begins nothing more", async () => {
  const customer = createCustomer();
  const answered = Promise.withResolvers<void>();
  recado.twilio.inject([{ kind: "held", until: answered.promise }, { kind: "callbacks", mode: "dropped" }], {
    to: customer.address,
  });
  const onAnnounced = async () => {
    await recado.twilio.accepted(({ to }) => to === customer.address);
    answered.resolve();
  };
  await using ended = await endedDuring("send.begun", { customer, onAnnounced });
  const sends = await recado.sql`
    select message_sid_evidence, send_attempt from messages
    where session_id = ${ended.sessionId} and direction = 'outbound' order by seq`;
  assert.deepEqual(sends.map((send) => ({ ...send })), [
    { message_sid_evidence: "response", send_attempt: 1 },
    { message_sid_evidence: null, send_attempt: 0 },
  ]);
  assert.equal(repliesTo(customer).length, 1);
  assert.equal((await stateOf(ended.sessionId)).lock, null);
});
