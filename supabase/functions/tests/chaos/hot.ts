import { runCommand } from "./command.ts";
import { drain } from "./drain.ts";
import { tokensIn } from "../fixtures/tokens.ts";
import { outsideFigures, outsideProblems } from "./problems.ts";

// One customer who does not stop writing: nothing starves, nothing changes places.

const maxWaitMs = 2_000;
const modelMs = 500;

await runCommand({
  name: "hot",
  numbers: { messages: 1_000, seconds: 180 },
  chaos: () => ({
    leaseSeconds: 30,
    sweepSeconds: 5,
    quietWindowMs: 500,
    maxWaitMs,
    modelDelayMs: () => modelMs,
    twilioDelayMs: 20,
    durable: false,
  }),
  async run(chaos, { numbers, say }) {
    const { messages, seconds } = numbers;
    const customer = 0;
    const deadline = AbortSignal.timeout(seconds * 1_000);
    const progress = setInterval(
      () => say("writing", { sent: chaos.log.messages().length, waiting: chaos.log.open() }),
      5_000,
    );
    const began = performance.now();
    try {
      // One after the other, each as soon as the last is acknowledged: so their order is beyond doubt.
      for (let left = messages; left > 0 && !deadline.aborted; left--) await chaos.send(customer);
    } finally {
      clearInterval(progress);
    }
    const writtenMs = performance.now() - began;
    const undone = await drain(chaos, 60_000);

    const verdict = chaos.log.verdict();
    const answered = chaos.log.replies().flatMap(({ body }) => tokensIn(body));
    const displaced = answered.filter((token, place) => token < (answered[place - 1] ?? ""));
    // The first claim of each message, whatever became of it.
    const [wait] = await chaos.sql<{ longest: number; batches: number }[]>`
      select
        ceil(max(extract(epoch from b.claimed_at - m.created_at) * 1000))::int as longest,
        (select count(*)::int from reply_batches) as batches
      from messages m
      join lateral (
        select min(b.created_at) as claimed_at from reply_batches b where m.id = any (b.message_ids)
      ) b on true
      where m.direction = 'inbound'`;
    const bound = maxWaitMs + modelMs;
    const longest = wait?.longest ?? Infinity;
    return {
      figures: {
        ...outsideFigures(verdict),
        "written in, ms": Math.round(writtenMs),
        "batches": wait?.batches ?? 0,
        "out of order": displaced.length,
        "longest wait for a claim, ms": longest,
        "bound: max_wait_ms + one model call": bound,
      },
      problems: [
        ...outsideProblems(verdict),
        ...(undone === null ? [] : [`not drained: ${undone}`]),
        ...(verdict.acknowledged === messages ? [] : [`${verdict.acknowledged} of ${messages} acknowledged`]),
        ...(displaced.length > 0 ? [`answered out of order: ${displaced.slice(0, 10).join(", ")}`] : []),
        ...(longest > bound ? [`a message waited ${longest} ms until it was claimed`] : []),
      ],
    };
  },
});
