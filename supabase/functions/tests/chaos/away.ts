import { setTimeout as pause } from "node:timers/promises";
import { textField } from "stack/events/stack_events.ts";
import type { TwilioFault } from "stack/twilio/faults.ts";
import type { FailureName } from "../doubles/echo_model.ts";
import { customerAddress } from "../fixtures/customer_address.ts";
import type { ChaosStack } from "./chaos_stack.ts";
import { runCommand } from "./command.ts";
import { drain } from "./drain.ts";
import { outsideFigures, outsideProblems } from "./problems.ts";

// The model is away for a while, then Twilio: afterwards the model has answered every message, each reply went out once, and
// neither was asked in vain without end.

const modelFailures: FailureName[] = ["reset", "500", "429", "busy", "later", "401", "hang"];
const twilioFailures: TwilioFault[] = [
  { kind: "reset", accepted: false },
  { kind: "server_error", status: 503, accepted: false },
  { kind: "rate_limited" },
  { kind: "rate_limited", retryAfterSeconds: null },
  { kind: "rate_limited", retryAfterSeconds: 0 },
  { kind: "reject", code: 20003 },
  { kind: "hang", accepted: false },
];
const callsAMessage = 20;
const attemptsARow = 12;

await runCommand({
  name: "away",
  numbers: { seconds: 600, customers: 14 },
  chaos: () => ({
    leaseSeconds: 30,
    sweepSeconds: 2,
    quietWindowMs: 300,
    maxWaitMs: 2_000,
    modelDelayMs: () => 0,
    twilioDelayMs: 0,
    durable: false,
    functionEnv: { AI_TIMEOUT_MS: "3000", MAX_ATTEMPTS: "3" },
  }),
  async run(chaos, { numbers, say }) {
    const { model, twilio, sql, log } = chaos;
    // Early enough that each is tried in vain once more after it, for the pauses double.
    await sql`update assistants set delay_notice_seconds = ${Math.ceil(numbers.seconds / 5)}`;
    const holders = watchHolders(chaos);
    const problems: string[] = [];
    /** Each customer writes at the beginning and half-way; who is away comes back, and everything is answered. */
    const phase = async (what: string, number: number, { leave, return: comeBack }: Absence) => {
      const customers = Array.from({ length: numbers.customers }, (_, index) => number * 1_000 + index);
      say(`${what} goes away`);
      await leave(customers);
      for (const _half of [1, 2]) {
        await Promise.all(customers.map((customer) => chaos.send(customer)));
        await pause(numbers.seconds * 500);
        say("still away", { waiting: log.open() });
      }
      await comeBack();
      say("it is back", { waiting: log.open() });
      const backAt = Date.now();
      const undone = await drain(chaos, numbers.seconds * 1_000 + 120_000);
      if (undone !== null) problems.push(`${what}: not drained: ${undone}`);
      say("all is done", { "after ms": Date.now() - backAt });
    };

    await phase("the model (connections are refused)", 1, {
      leave: () => model.goAway(),
      return: () => model.comeBack(),
    });
    await phase("the model (in every other way)", 2, {
      leave: () =>
        Promise.resolve(model.fail((token) => turn(modelFailures, Number(token.slice(1).split("x")[0])))),
      return: () => Promise.resolve(model.fail(null)),
    });
    const back = Promise.withResolvers<void>();
    await phase("Twilio", 3, {
      leave: (customers) => {
        for (const customer of customers) {
          const target = { to: customerAddress(customer), on: "any", until: back.promise } as const;
          twilio.inject(turn(twilioFailures, customer), target);
        }
        return Promise.resolve();
      },
      return: () => Promise.resolve(back.resolve()),
    });

    // Requests are more where a runtime newer than the hosted one repeats what broke on a kept connection.
    const requests = Math.max(...log.messages().map(({ token }) => model.callsAbout(token)));
    const [row] = await sql<
      { calls: number; attempts: number; notices: number; most: number; dead: number }[]
    >`
      select
        (select max(made.calls)::int
         from (select count(*) as calls from reply_batches, unnest(message_ids) as message group by message) made) as calls,
        (select max(send_attempt) from messages) as attempts,
        (select count(*)::int from messages where author = 'system') as notices,
        (select coalesce(max(told.count), 0)::int
         from (select count(*) from messages where author = 'system' group by session_id) told) as most,
        (select count(*)::int from reply_batches where outcome = 'dead') as dead`;
    const { calls = 0, attempts = 0, notices = 0, most = 0, dead = 0 } = row ?? {};
    const verdict = log.verdict();
    // That it takes longer answers nothing, and is told all the same.
    const [notice] = await sql<
      { text: string }[]
    >`select private.delay_message(a) as text from assistants a limit 1`;
    verdict.strange = verdict.strange.filter((body) => body !== notice?.text);
    problems.push(...outsideProblems(verdict), ...holders.problems());
    if (calls > callsAMessage) problems.push(`a message took ${calls} calls of the model`);
    if (attempts > attemptsARow) problems.push(`a row took ${attempts} attempts`);
    if (dead > 0) problems.push(`${dead} batches were given up on`);
    if (most > 1) problems.push(`a customer was told ${most} times that it takes longer`);
    if (notices < numbers.customers) {
      problems.push(`only ${notices} customers were told that it takes longer`);
    }
    return {
      figures: {
        "away each time, s": numbers.seconds,
        ...outsideFigures(verdict),
        "model calls a message, most": calls,
        "requests of them, most": requests,
        "attempts a row, most": attempts,
        "told that it takes longer": notices,
        "leases taken": holders.count(),
      },
      problems,
    };
  },
});

interface Absence {
  leave: (customers: number[]) => Promise<void>;
  return: () => Promise<void>;
}

/** Takes one after the other. */
function turn<Value>(values: Value[], index: number): Value {
  const value = values[index % values.length];
  if (value === undefined) throw new RangeError("There is nothing to take.");
  return value;
}

/** Nobody waits with a lease for what is away: what failed ends the holder's turn. */
function watchHolders(chaos: ChaosStack) {
  const waits = new Set(["model.failed", "send.postponed", "send.unknown", "send.unsettled"]);
  const holders = new Map<string, string[]>();
  chaos.follow((line) => {
    const holder = textField(line, "webhook_id");
    const event = textField(line, "event");
    if (holder === null || event === null) return;
    holders.set(holder, [...holders.get(holder) ?? [], event]);
  });
  return {
    count: () => holders.size,
    problems: () =>
      [...holders].flatMap(([holder, events]) => {
        const failed = events.filter((event) => waits.has(event));
        return failed.length > 1 ? [`${holder} went on with its lease: ${events.join(", ")}`] : [];
      }).slice(0, 5),
  };
}
