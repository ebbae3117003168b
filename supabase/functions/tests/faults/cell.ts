import { setTimeout as pause } from "node:timers/promises";
import type { StackEvent } from "stack/events/stack_events.ts";
import { begunFor, graceIsPast, leaseIsPast } from "./begun.ts";
import { createCustomer, type Customer, gatewayOf } from "../fixtures/customer.ts";
import type { Hold } from "../doubles/echo_model.ts";
import type { EchoStack } from "../fixtures/echo_stack.ts";
import { type CellPlan, mayBeUnknown } from "./points.ts";
import type { ProcessPool } from "./process_pool.ts";
import { type Scene, setScene } from "./scenes.ts";
import { checkCustomer, type CustomerCheck } from "./check_customer.ts";

export interface CellResult {
  plan: CellPlan;
  /** From the burst until everything was answered and the faulty process had nothing more to do. */
  settledMs: number;
  /** What the faulty process said. */
  lines: StackEvent[];
  met: string[];
  verdict: CustomerCheck;
}

const settledWithinMs = 180_000;

/**
 * A burst of one customer through a faulty process. Everybody else waits until its fault has happened; then the lease and the
 * grace of what it left are past, and the healthy functions and the sweep heal the customer.
 */
export async function runCell(
  plan: CellPlan,
  matrix: EchoStack,
  pool: ProcessPool,
): Promise<CellResult> {
  const customer = createCustomer();
  const scene = await setScene(plan, customer, matrix, pool);
  const { faulty } = scene;
  try {
    const startedAt = performance.now();
    const problems = await undergo(plan, scene, customer, matrix);
    problems.push(...await settled(customer, matrix));
    const settledMs = performance.now() - startedAt;
    const verdict = await checkCustomer(customer, matrix.twilio.messages(), matrix.sql);
    if (verdict.settled > 0 && !mayBeUnknown(plan)) problems.push("a send was unknown before any was begun");
    verdict.problems.push(...problems);
    return { plan, settledMs, lines: faulty.lines(), met: faulty.met(), verdict };
  } finally {
    await letOthersIn(customer, matrix);
    await scene[Symbol.asyncDispose]();
  }
}

/** Three messages at once. */
async function burst(customer: Customer, { remark, targets }: Scene): Promise<void> {
  const texts = [1, 2, 3].map(() => `${customer.token()} ${remark}`.trim());
  await Promise.all(texts.map((text) => customer.write(text, targets)));
}

/** The burst, the fault, and what comes of it in the faulty process, to its end. Returns what went wrong. */
async function undergo(
  plan: CellPlan,
  scene: Scene,
  customer: Customer,
  matrix: EchoStack,
): Promise<string[]> {
  const { faulty } = scene;
  const { sql, model, stack } = matrix;
  const written = burst(customer, scene).then(scene.afterBurst);
  const idle = written.then(() => faulty.finished()).then(() => false);
  const fired = faulty.happened("fault.fired").then(() => true);
  // Whichever loses the race is not waited for any more, if its process ends.
  for (const each of [idle, fired]) each.catch(() => {});
  // A process that has nothing left to do comes to no further point.
  const happened = await Promise.race([fired, idle]) || faulty.lines().some(isFiring);
  scene.onFault();
  if (!happened) {
    return [`the fault never fired; the process came to ${faulty.met().join(", ") || "no point"}`];
  }

  const atFault = await begunFor(customer.address, sql);
  if (plan.fault === "hang") {
    await past(atFault.lock?.until, sql);
    await letOthersIn(customer, matrix);
    await customer.write(customer.token(), [gatewayOf(stack)]);
    await faulty.goOn();
  }
  let hold: Hold | null = null;
  if (plan.fault === "stop") {
    // Another takes its place, and is still at work when it wakes.
    hold = model.hold(customer);
    await leaseIsPast(atFault, customer.address, sql);
    await letOthersIn(customer, matrix);
    const before = new Set(stack.events.recent());
    await customer.write(customer.token(), [gatewayOf(stack)]);
    await Promise.race([hold.reached, letGo(customer, before, matrix)]);
    faulty.signal("SIGCONT");
  }
  await idle;
  hold?.release();
  // Until here nobody else could begin anything, or what is left is what was begun before the fault.
  const left = plan.fault === "hang" || plan.fault === "stop"
    ? atFault
    : await begunFor(customer.address, sql);
  if (plan.timePasses) {
    await leaseIsPast(left, customer.address, sql);
    await graceIsPast(left, sql);
  }
  await letOthersIn(customer, matrix);
  return [];
}

const isFiring = ({ event }: StackEvent) => event === "fault.fired";

async function letOthersIn({ address }: Customer, matrix: EchoStack): Promise<void> {
  await matrix.gate.open(address);
  matrix.tick(true);
}

/** Waits until the database says that this moment is past. */
async function past(moment: Date | undefined, sql: EchoStack["sql"]): Promise<void> {
  if (moment === undefined) return;
  await sql`select pg_sleep(greatest(extract(epoch from ${moment}::timestamptz - clock_timestamp()), 0))`;
}

/** Waits until a healthy function has let go of this customer's session again, after these lines. */
async function letGo(
  { address }: Customer,
  before: ReadonlySet<StackEvent>,
  { sql, stack }: EchoStack,
): Promise<void> {
  const [session] = await sql<{ id: string }[]>`select id from sessions where customer_address = ${address}`;
  await stack.events.happened((line) =>
    !before.has(line) && line.session_id === session?.id && line.event === "batch_lock.released"
  );
}

/** Waits until nothing is left to do for this customer. */
async function settled({ address }: Customer, { sql }: EchoStack): Promise<string[]> {
  const giveUpAt = performance.now() + settledWithinMs;
  for (;;) {
    const [open] = await sql<{ queued: number; unsent: number; held: number }[]>`
      select
        (select count(*)::int from message_queue q where q.session_id = s.id and q.status <> 'dead') as queued,
        (select count(*)::int from messages m where m.session_id = s.id and m.direction = 'outbound'
          and m.message_sid is null and m.delivery_status in ('pending', 'sending', 'unknown')) as unsent,
        (s.batch_lock_until > clock_timestamp())::int as held
      from sessions s where s.customer_address = ${address}`;
    if (open && !open.queued && !open.unsent && !open.held) return [];
    if (performance.now() > giveUpAt) return [`not settled: ${JSON.stringify(open)}`];
    await pause(100);
  }
}
