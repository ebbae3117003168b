import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { createCustomer } from "../matrix/customer.ts";
import { tokensIn } from "../matrix/echo_model.ts";
import { launchFunction } from "../matrix/function_process.ts";
import { functionEnv, type MatrixStack, startMatrixStack } from "../matrix/matrix_stack.ts";
import type { CellResult } from "../matrix/cell.ts";
import { cellOf, type CellPlan } from "../matrix/points.ts";
import { runCells } from "../matrix/run_cells.ts";

/** A holder that is stopped there past its lease, while a further message makes another take its place. */
const stopped = (point: string, lastsMs = 4_000): CellPlan =>
  cellOf(point, "stop", { graceSeconds: 20, callbacks: true, lastsMs });
const longMs = 6_000;

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

let matrix: MatrixStack;
let results: Map<CellPlan, CellResult>;

before(async () => {
  matrix = await startMatrixStack();
  const all = await runCells(cases.map(({ plan }) => plan), matrix, {
    concurrency: cases.length,
    starting: 4,
  });
  results = new Map(all.map((result) => [result.plan, result]));
});
after(() => matrix[Symbol.asyncDispose]());

for (const { plan, name, says, never } of cases) {
  test(`a holder that is stopped ${name} and wakes past its lease causes no second reply`, () => {
    const result = results.get(plan);
    assert(result);
    const { lost, twice, problems } = result.verdict;
    assert.deepEqual({ lost, twice, problems }, { lost: 0, twice: 0, problems: [] });
    const woken = result.lines.slice(result.lines.findIndex(({ event }) => event === "fault.over"));
    const events = woken.map(({ event }) => event);
    assert(events.includes(says), `it says ${says}: ${events.join(", ")}`);
    assert(!events.includes(never), `it does not say ${never}: ${events.join(", ")}`);
  });
}

test("the heartbeat keeps the lease of a holder whose model is slower than the lease", async () => {
  const { stack, twilio, sql, openaiUrl } = matrix;
  const env = { ...functionEnv, BATCH_LOCK_SECONDS: "1" };
  await using receiver = await launchFunction(stack, "receive-whatsapp-message", { openaiUrl, env });
  const customer = createCustomer(100);
  const targets = [{ origin: receiver.origin, publicFunctionsUrl: stack.publicFunctionsUrl }];
  await customer.write(`${customer.token()} #slow`, targets);
  await receiver.happened("model.called");
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
