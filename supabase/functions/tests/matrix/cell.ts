import type { StackEvent } from "../../../../scripts/stack/page/events.ts";
import { createCustomer, type Customer } from "./customer.ts";
import { leaseSeconds, type MatrixStack } from "./matrix_stack.ts";
import { type CellPlan, mayBeUnknown } from "./points.ts";
import { type Scene, setScene } from "./scenes.ts";
import { type Verdict, verdictOn } from "./verdict.ts";

export interface CellResult {
  plan: CellPlan;
  /** From the burst until everything was answered and the faulty process had nothing more to do. */
  settledMs: number;
  /** What the faulty process said. */
  lines: StackEvent[];
  met: string[];
  verdict: Verdict;
}

/** Runs one at a time what would starve the others: a process's start takes a core for a moment. */
export type Turnstile = <T>(work: () => Promise<T>) => Promise<T>;

/** A burst of one customer through a faulty function, healed by the healthy ones, and what came of it. */
export async function runCell(
  plan: CellPlan,
  number: number,
  matrix: MatrixStack,
  turnstile: Turnstile,
): Promise<CellResult> {
  const { fault, point, lastsMs } = plan;
  const customer = createCustomer(number);
  await using scene = await turnstile(() =>
    setScene(plan, { fault, point, hangMs: lastsMs }, customer, matrix)
  );
  const startedAt = performance.now();
  const written = burst(customer, scene).then(scene.afterBurst);
  const problems = await suffer(plan, scene, customer);
  await written;
  problems.push(...await settled(customer, matrix));
  const settledMs = performance.now() - startedAt;
  await scene[Symbol.asyncDispose]();
  const verdict = await verdictOn(customer, matrix.twilio.messages(), matrix.sql);
  if (verdict.settled > 0 && !mayBeUnknown(plan)) problems.push("a send was unknown before any was begun");
  verdict.problems.push(...problems);
  return { plan, settledMs, lines: scene.faulty.lines, met: scene.faulty.met(), verdict };
}

/** Three messages at once. */
export async function burst(customer: Customer, { remark, targets }: Scene): Promise<void> {
  const texts = [1, 2, 3].map(() => `${customer.token()} ${remark}`.trim());
  await Promise.all(texts.map((text) => customer.write(text, targets)));
}

/** Waits for the fault and its end. While a process is held up, a further message makes others try to take its place. */
async function suffer(plan: CellPlan, { faulty, targets }: Scene, customer: Customer): Promise<string[]> {
  try {
    await faulty.happened("fault.fired", { timeoutMs: 30_000 });
  } catch {
    return ["the fault never fired"];
  }
  if (plan.fault !== "hang" && plan.fault !== "stop") return [];
  const firedAt = performance.now();
  await pause((leaseSeconds + 0.7) * 1_000);
  await customer.write(customer.token(), targets.slice(1));
  await pause(plan.lastsMs - (performance.now() - firedAt));
  if (plan.fault === "stop") faulty.signal("SIGCONT");
  await faulty.happened("fault.over", { timeoutMs: 30_000 });
  return [];
}

/** Until nothing is left to do for this customer, twice in a row: a process that woke may still be about to act. */
async function settled({ address }: Customer, { sql }: MatrixStack): Promise<string[]> {
  const giveUpAt = performance.now() + 90_000;
  for (let quiet = 0; quiet < 2;) {
    const [open] = await sql<{ queued: number; unsent: number; held: number }[]>`
      select
        (select count(*)::int from message_queue q where q.session_id = s.id and q.status <> 'dead') as queued,
        (select count(*)::int from messages m where m.session_id = s.id and m.direction = 'outbound'
          and m.message_sid is null and m.delivery_status in ('pending', 'sending', 'unknown')) as unsent,
        (s.batch_lock_until > clock_timestamp())::int as held
      from sessions s where s.customer_address = ${address}`;
    quiet = open && !open.queued && !open.unsent && !open.held ? quiet + 1 : 0;
    if (performance.now() > giveUpAt) return [`not settled: ${JSON.stringify(open)}`];
    await pause(500);
  }
  return [];
}

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
