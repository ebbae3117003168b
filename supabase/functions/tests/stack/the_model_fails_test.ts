import assert from "node:assert/strict";
import { createCustomer, type Customer, gatewayOf } from "../fixtures/customer.ts";
import { tokensIn } from "../fixtures/tokens.ts";
import { noFault } from "../faults/fault_plan.ts";
import { launchFunctions } from "../faults/functions_process.ts";
import { type EchoStack, functionEnv, startEchoStack } from "../fixtures/echo_stack.ts";
import { createStories } from "../fixtures/stories.ts";

/** A time limit that a model which answers at all keeps on a busy machine too. */
const env = { ...functionEnv, MAX_ATTEMPTS: "3", AI_TIMEOUT_MS: "4000" };
const fallback = /dificuldades técnicas/;

let recado: EchoStack;
const { story, begin } = createStories();

Deno.test.beforeAll(async () => {
  recado = await startEchoStack({ functionEnv: env });
  begin();
});
Deno.test.afterAll(async () => await recado[Symbol.asyncDispose]());

interface Batch {
  outcome: string;
  attempt: number;
  failure: string | null;
  messages: number;
}

async function sessionOf({ address }: Customer): Promise<string> {
  const [row] = await recado.sql`select id from sessions where customer_address = ${address}`;
  return row?.id;
}

async function batchesOf(customer: Customer): Promise<Batch[]> {
  const rows = await recado.sql<Batch[]>`
    select b.outcome, b.attempt, b.error ->> 'failure' as failure, cardinality(b.message_ids) as messages
    from reply_batches b join sessions s on s.id = b.session_id
    where s.customer_address = ${customer.address} order by b.created_at`;
  return rows.map((row) => ({ ...row }));
}

/** What the customer got: the tokens of each reply, or `fallback`. The ends of replies are left out. */
function received({ address }: Customer): (string | string[])[] {
  return recado.twilio.messages().filter(({ to }) => to === address)
    .filter(({ body }) => !body.startsWith("end "))
    .map(({ body }) => fallback.test(body) ? "fallback" : tokensIn(body));
}

/** A customer who writes one message. */
async function writing(remark: string, customer = createCustomer()) {
  const token = customer.token();
  await customer.write(`${token} ${remark}`, [gatewayOf(recado.stack)]);
  return { customer, token };
}

const answered = ({ address }: Customer, token: string) =>
  recado.twilio.accepted(({ to, body }) => to === address && tokensIn(body).includes(token));
const apologized = ({ address }: Customer) =>
  recado.twilio.accepted(({ to, body }) => to === address && fallback.test(body));

/** What is outside passes, and counts as no attempt; what the batch brought about does. */
const passing = [
  { name: "a time-out", remark: "#hang", failure: "timeout", nextAttempt: 1 },
  { name: "a rate limit", remark: "#429", failure: "rate_limited", nextAttempt: 1 },
  { name: "an error of the model's server", remark: "#500", failure: "unavailable", nextAttempt: 1 },
  { name: "a malformed answer", remark: "#torn", failure: "malformed_answer", nextAttempt: 1 },
  { name: "an empty answer", remark: "#empty", failure: "empty_answer", nextAttempt: 2 },
];

for (const { name, remark, failure, nextAttempt } of passing) {
  story(`${name} is waited out by the same call, without the lease, and then answered once`, async () => {
    const { customer, token } = await writing(remark);
    await answered(customer, token);
    assert.deepEqual(await batchesOf(customer), [
      { outcome: "failed", attempt: 1, failure, messages: 1 },
      { outcome: "completed", attempt: nextAttempt, failure: null, messages: 1 },
    ]);
    assert.deepEqual(received(customer), [[token]]);
    const session = await sessionOf(customer);
    const holders = await recado
      .sql`select distinct lock_id from reply_batches where session_id = ${session}`;
    assert.equal(holders.length, 2, "the wait is between two leases");
  });
}

story("a broken connection is waited out too, and then answered once", async () => {
  const { stack, model } = recado;
  // A new process: newer runtimes repeat by themselves what breaks on a connection that was used before.
  await using receiver = await launchFunctions(stack, { openaiUrl: model.url, env });
  const customer = createCustomer();
  const token = customer.token();
  await customer.write(`${token} #reset`, [{ ...gatewayOf(stack), origin: receiver.origin }]);
  await answered(customer, token);
  assert.deepEqual(await batchesOf(customer), [
    { outcome: "failed", attempt: 1, failure: "unreachable", messages: 1 },
    { outcome: "completed", attempt: 1, failure: null, messages: 1 },
  ]);
});

story(
  "a rate limit's Retry-After is waited for, and the wait otherwise grows with the failures",
  async () => {
    const [limited, failing] = await Promise.all([writing("#429"), writing("#500*2")]);
    await Promise.all([answered(limited.customer, limited.token), answered(failing.customer, failing.token)]);
    const pauses = async (customer: Customer) => {
      const rows = await recado.sql<{ ms: number }[]>`
      select extract(epoch from lead(b.created_at) over (order by b.created_at) - b.closed_at)::float8 * 1000 as ms
      from reply_batches b join sessions s on s.id = b.session_id
      where s.customer_address = ${customer.address} order by b.created_at`;
      return rows.slice(0, -1).map(({ ms }) => ms);
    };
    const [asked = 0] = await pauses(limited.customer);
    assert(asked >= 1_990, `the model asked for 2 s, the pause was ${asked} ms`);
    const [first = 0, second = 0] = await pauses(failing.customer);
    assert(first >= 490 && second >= 990, `pauses of ${first} and ${second} ms`);
  },
);

story(
  "at the limit of attempts the messages are dead letters, flagged and apologized for once, in one transaction",
  async () => {
    const { customer } = await writing("#empty*9");
    await apologized(customer);
    assert.deepEqual(await batchesOf(customer), [
      { outcome: "failed", attempt: 1, failure: "empty_answer", messages: 1 },
      { outcome: "failed", attempt: 2, failure: "empty_answer", messages: 1 },
      { outcome: "dead", attempt: 3, failure: "empty_answer", messages: 1 },
    ]);
    assert.deepEqual(received(customer), ["fallback"]);
    const [row] = await recado.sql`
    select q.status, q.xmin::text = b.xmin::text and b.xmin::text = c.xmin::text as together,
      c.context -> 'dead_letter' ->> 'batch_id' = b.id::text as flagged,
      (select count(*)::int from messages m where m.batch_id = b.id and m.author = 'system') as apologies
    from reply_batches b
    join message_queue q on q.batch_id = b.id
    join conversations c on c.id = b.conversation_id
    where b.session_id = ${await sessionOf(customer)} and b.outcome = 'dead'`;
    assert.deepEqual({ ...row }, { status: "dead", together: true, flagged: true, apologies: 1 });
  },
);

story(
  "refused content and a rejected request are given up on at once, and do not block what follows",
  async () => {
    for (
      const [remark, failure] of [["#refused*9", "content_refused"], ["#400*9", "request_rejected"]] as const
    ) {
      const { customer } = await writing(remark);
      await apologized(customer);
      const next = await writing("", customer);
      await answered(customer, next.token);
      assert.deepEqual(await batchesOf(customer), [
        { outcome: "dead", attempt: 1, failure, messages: 1 },
        { outcome: "completed", attempt: 1, failure: null, messages: 1 },
      ]);
      assert.deepEqual(received(customer), ["fallback", [next.token]]);
    }
  },
);

story(
  "a message that a filter refuses costs that message alone: what follows is answered at its first call",
  async () => {
    const { customer } = await writing("#poison");
    await apologized(customer);
    const next = await writing("", customer);
    await answered(customer, next.token);
    assert.deepEqual(await batchesOf(customer), [
      { outcome: "dead", attempt: 1, failure: "content_refused", messages: 1 },
      { outcome: "completed", attempt: 1, failure: null, messages: 1 },
    ]);
    assert.equal(recado.model.callsAbout(next.token), 1);
    assert.deepEqual(received(customer), ["fallback", [next.token]]);
  },
);

story(
  "a customer whose history is longer than the model's window is answered all the same, and soon at the first call",
  async () => {
    const customer = createCustomer();
    recado.model.narrow(customer, 5_000);
    const tokens: string[] = [];
    for (let message = 1; message <= 6; message++) {
      const { token } = await writing("", customer);
      tokens.push(token);
      await answered(customer, token);
      await recado.twilio.accepted(({ to, body }) =>
        to === customer.address && body.startsWith(`end ${token.toUpperCase()}`)
      );
    }
    assert.deepEqual(received(customer), tokens.map((token) => [token]));
    const calls = tokens.map((token) => recado.model.callsAbout(token));
    assert(calls.some((count) => count > 1), `the window is reached: ${calls}`);
    assert.equal(calls.at(-1), 1, `the size that worked is kept in mind: ${calls}`);
  },
);

story("a message that came during the last attempts is not given up on with its neighbours", async () => {
  const customer = createCustomer();
  const first = recado.model.hold(customer);
  await writing("#empty*9", customer);
  await first.reached;
  const second = recado.model.hold(customer);
  first.release();
  await second.reached;
  const late = await writing("", customer);
  second.release();
  await answered(customer, late.token);
  const batches = await batchesOf(customer);
  const ends = batches.filter(({ outcome }) => outcome !== "failed");
  assert.deepEqual(ends.map(({ outcome, messages }) => ({ outcome, messages })), [
    { outcome: "dead", messages: 2 },
    { outcome: "completed", messages: 1 },
  ]);
  assert.equal(ends[0]?.attempt, 3);
  assert.deepEqual(received(customer), ["fallback", [late.token]]);
});

story(
  "a batch in a long back-off frees the lease, and a new message takes it along without waiting",
  async () => {
    const { customer, token } = await writing("#later");
    const session = await sessionOf(customer);
    await recado.stack.events.happened(({ event, session_id, reason }) =>
      event === "batch_lock.released" && session_id === session && reason === "blocked"
    );
    assert.deepEqual(received(customer), []);
    const next = await writing("", customer);
    await answered(customer, next.token);
    assert.deepEqual(received(customer), [[token, next.token]]);
  },
);

story(
  "attempts are counted when a batch is claimed: one that kills every holder becomes a dead letter too",
  async () => {
    const { stack, sql, model, gate } = recado;
    const customer = createCustomer();
    await gate.close(customer.address);
    const plan = { ...noFault, fault: "kill" as const, point: "model.reply.before" };
    for (let holders = 0; holders < 3; holders++) {
      await using holder = await launchFunctions(stack, { plan, openaiUrl: model.url, env });
      await customer.write(customer.token(), [{ ...gatewayOf(stack), origin: holder.origin }]);
      await holder.happened("fault.fired");
      await holder.finished();
      await sql`update sessions set batch_lock_until = clock_timestamp() where customer_address = ${customer.address}`;
    }
    await gate.open(customer.address);
    await answered(customer, customer.acknowledged[2] ?? "");
    assert.deepEqual(await batchesOf(customer), [
      { outcome: "failed", attempt: 1, failure: "holder_lost", messages: 1 },
      { outcome: "failed", attempt: 2, failure: "holder_lost", messages: 2 },
      { outcome: "failed", attempt: 3, failure: "holder_lost", messages: 3 },
      { outcome: "dead", attempt: 3, failure: "attempts_exhausted", messages: 1 },
      { outcome: "completed", attempt: 3, failure: null, messages: 2 },
    ]);
    assert.deepEqual(received(customer), ["fallback", customer.acknowledged.slice(1)]);
  },
);

story("a dead letter is answered after its redrive", async () => {
  const { customer, token } = await writing("#empty*3");
  await apologized(customer);
  const [dead] = await recado.sql`
    select id from reply_batches where session_id = ${await sessionOf(customer)} and outcome = 'dead'`;
  const [redriven] = await recado.sql`select redrive_dead_letter(${dead?.id}) as count`;
  assert.equal(redriven?.count, 1);
  await answered(customer, token);
  assert.deepEqual((await batchesOf(customer)).at(-1), {
    outcome: "completed",
    attempt: 1,
    failure: null,
    messages: 1,
  });
  assert.deepEqual(received(customer), ["fallback", [token]]);
  await assert.rejects(async () => await recado.sql`select redrive_dead_letter(${dead?.id})`, {
    code: "PT404",
  });
});
