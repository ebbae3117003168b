import { runCommand } from "./command.ts";
import { drain } from "./drain.ts";
import { keepWriting } from "./load.ts";
import { createDisturbances } from "./disturbances.ts";
import { outsideProblems, withoutExcused } from "./problems.ts";

// Everything that locks more than one row, at once and on the same few sessions, for a minute.

await runCommand({
  name: "deadlocks",
  numbers: { seconds: 60, customers: 12 },
  chaos: (_, random) => ({
    leaseSeconds: 5,
    sweepSeconds: 1,
    quietWindowMs: 50,
    maxWaitMs: 500,
    modelDelayMs: () => random.between(0, 60),
    twilioDelayMs: 0,
    durable: false,
  }),
  async run(chaos, { numbers, random, say, trouble }) {
    const { seconds, customers } = numbers;
    chaos.twilio.inject({ kind: "callbacks", mode: "duplicated" }, { times: Infinity });
    const stop = AbortSignal.timeout(seconds * 1_000);
    const disturbances = createDisturbances(chaos, { random: random.fork(), customers });
    const progress = setInterval(
      () => say("locking", { ...disturbances.counts, replies: chaos.log.replies().length }),
      5_000,
    );
    try {
      await Promise.all([
        keepWriting(chaos, { customers, pauseMs: [20, 400], random: random.fork() }, stop),
        ...disturbances.run(stop),
      ]);
    } finally {
      clearInterval(progress);
    }
    await disturbances.calm();
    // Only the database can tell which of them are left to a person.
    const undone = await drain(chaos, 60_000, { unanswered: () => 0 });
    const verdict = chaos.log.verdict();
    const [done] = await chaos.sql<{ moves: number; sweeps: number; statuses: number; unanswered: number }[]>`
      select
        (select count(*)::int from conversation_state_history) as moves,
        (select count(*)::int from sweep_runs) as sweeps,
        (select count(*)::int from messages where delivery_status in ('sent', 'delivered', 'read')) as statuses,
        (select count(*)::int from messages where unanswered_reason is not null) as unanswered`;
    const { moves = 0, sweeps = 0, statuses = 0, unanswered = 0 } = done ?? {};
    return {
      figures: {
        "acknowledged": verdict.acknowledged,
        "replies at Twilio": verdict.replies,
        "left to a person": unanswered,
        ...disturbances.counts,
        "moves of conversations": moves,
        "sweeps": sweeps,
        "rows with a status of Twilio's": statuses,
        "deadlocks in PostgreSQL's log": trouble.deadlocks.length,
        "unexpected errors in other logs": trouble.errors.length,
      },
      problems: [
        ...trouble.errors.map((text) => `error: ${text}`).slice(0, 10),
        ...(undone === null ? [] : [`not drained: ${undone}`]),
        ...outsideProblems(await withoutExcused(chaos, verdict)),
        ...(Math.min(verdict.replies, moves, sweeps, statuses) === 0
          ? ["some part never had anything to do"]
          : []),
      ],
    };
  },
});
