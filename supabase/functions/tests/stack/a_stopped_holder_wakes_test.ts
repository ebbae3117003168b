import assert from "node:assert/strict";
import type { CellResult } from "../faults/cell.ts";
import { createCustomer } from "../fixtures/customer.ts";
import { tokensIn } from "../fixtures/tokens.ts";
import { launchFunctions } from "../faults/functions_process.ts";
import { type EchoStack, functionEnv, startEchoStack } from "../fixtures/echo_stack.ts";
import { cellOf, type CellPlan } from "../faults/points.ts";
import { runCells } from "../faults/run_cells.ts";

/** Past its lease by its own clock too, and past the time in which a begun send may still be posted. */
const longMs = 35_000;

/** A holder that is stopped there until a further message has made another take its place. */
const stopped = (point: string, stoppedMs?: number): CellPlan =>
  cellOf(point, "stop", { callbacks: true, ...(stoppedMs !== undefined && { stoppedMs }) });

/** What the woken holder must have noticed, and must not have done any more. */
const cases: { plan: CellPlan; name: string; says: string; never: string }[] = [
  {
    plan: stopped("claim_batch.before"),
    name: "before its claim",
    says: "batch_lock.lost",
    never: "batch.claimed",
  },
  {
    plan: stopped("claim_batch.after"),
    name: "after its claim",
    says: "batch_lock.lost",
    never: "batch.completed",
  },
  {
    plan: stopped("model.reply.after"),
    name: "while the model answers",
    says: "batch_lock.lost",
    never: "batch.completed",
  },
  {
    plan: stopped("complete_batch.before"),
    name: "before its completion",
    says: "batch_lock.lost",
    never: "batch.completed",
  },
  {
    plan: stopped("complete_batch.after"),
    name: "after its completion",
    says: "send.accepted",
    never: "send.postponed",
  },
  {
    plan: stopped("complete_batch.after", longMs),
    name: "after its completion, for longer than a send may take to start,",
    says: "send.postponed",
    never: "send.accepted",
  },
  {
    plan: stopped("begin_send.before"),
    name: "before its begin_send",
    says: "batch_lock.lost",
    never: "send.begun",
  },
  {
    plan: stopped("begin_send.after"),
    name: "after its begin_send",
    says: "send.accepted",
    never: "send.postponed",
  },
  {
    plan: stopped("begin_send.after", longMs),
    name: "after its begin_send, for longer than a send may take to start,",
    says: "send.postponed",
    never: "send.accepted",
  },
];

let recado: EchoStack;
const results = new Map<CellPlan, PromiseWithResolvers<CellResult>>(
  cases.map(({ plan }) => [plan, Promise.withResolvers<CellResult>()]),
);

Deno.test.beforeAll(async () => {
  recado = await startEchoStack();
  const plans = cases.map(({ plan }) => plan);
  results.forEach(({ promise }) => promise.catch(() => {}));
  runCells(plans, recado, { onResult: (result) => results.get(result.plan)?.resolve(result) })
    .catch((error) => results.forEach(({ reject }) => reject(error)));
});
Deno.test.afterAll(async () => await recado[Symbol.asyncDispose]());

for (const { plan, name, says, never } of cases) {
  Deno.test(`a holder that is stopped ${name} and wakes past its lease causes no second reply`, async () => {
    const result = await results.get(plan)?.promise;
    assert(result);
    const { lost, twice, problems } = result.verdict;
    assert.deepEqual({ lost, twice, problems }, { lost: 0, twice: 0, problems: [] });
    const woken = result.lines.slice(result.lines.findIndex(({ event }) => event === "fault.over"));
    const events = woken.map(({ event }) => event);
    assert(events.includes(says), `it says ${says}: ${events.join(", ")}`);
    assert(!events.includes(never), `it does not say ${never}: ${events.join(", ")}`);
  });
}

Deno.test("the heartbeat keeps the lease of a holder whose model is slower than the lease", async () => {
  const { stack, twilio, sql, model } = recado;
  const customer = createCustomer();
  await recado.gate.close(customer.address);
  const env = { ...functionEnv, BATCH_LOCK_SECONDS: "3" };
  await using receiver = await launchFunctions(stack, { openaiUrl: model.url, env });
  const targets = [{ origin: receiver.origin, publicFunctionsUrl: stack.publicFunctionsUrl }];
  const hold = model.hold(customer);
  await customer.write(customer.token(), targets);
  await hold.reached;
  const lock = () =>
    sql<{ id: string; until: Date; alive: boolean }[]>`
      select batch_lock_id as id, batch_lock_until as until, batch_lock_until > clock_timestamp() as alive
      from sessions where customer_address = ${customer.address}`;
  const [first] = await lock();
  await sql`select pg_sleep(extract(epoch from ${first?.until ?? null}::timestamptz - clock_timestamp()))`;
  const [kept] = await lock();
  assert.deepEqual([kept?.id, kept?.alive], [first?.id, true], "past its first end it is still held");
  await recado.gate.open(customer.address);
  hold.release();
  await receiver.happened("batch_lock.released");

  const batches = await sql`
    select b.outcome, b.attempt from reply_batches b join sessions s on s.id = b.session_id
    where s.customer_address = ${customer.address}`;
  assert.deepEqual(batches.map((batch) => ({ ...batch })), [{ outcome: "completed", attempt: 1 }]);
  const answers = twilio.messages().filter(({ to, body }) =>
    to === customer.address && tokensIn(body).length > 0
  );
  assert.equal(answers.length, 1);
});
