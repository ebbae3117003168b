import { runCommand } from "./command.ts";
import { drain } from "./drain.ts";
import { watchHolders } from "./holders.ts";
import { createKiller } from "./kills.ts";
import { keepWriting } from "./load.ts";
import { distribution, recoveries, waits } from "./recovery.ts";
import { countLines } from "./line_counts.ts";
import { outsideFigures, outsideProblems, sidFigures } from "./problems.ts";

// Kills whatever answers, at random moments and under load, and holds what was acknowledged against what Twilio was given.

const leaseSeconds = 3;
const sweepSeconds = 2;
/** Of a send whose outcome is unknown: fixed in the database. */
const graceSeconds = 20;
/** Between two looks at Twilio's list that do not find it. */
const secondLookSeconds = 5;
const recoveryBoundMs = (Math.max(leaseSeconds, graceSeconds + secondLookSeconds) + sweepSeconds + 5) * 1_000;
/** Left of the time for what must be answered when the kills have ended. */
const drainMs = 90_000;

await runCommand({
  name: "chaos",
  numbers: { kills: 100, customers: 20, seconds: 0 },
  chaos: (_, random) => ({
    leaseSeconds,
    sweepSeconds,
    quietWindowMs: 200,
    maxWaitMs: 2_000,
    modelDelayMs: () => random.between(50, 400),
    twilioDelayMs: 80,
    durable: true,
  }),
  async run(chaos, { numbers, random, say }) {
    const { kills: wanted, customers } = numbers;
    // A kill takes 1.6 s on average; a machine that is slow or busy gets half as much again.
    const seconds = numbers.seconds || 30 + wanted * 2.4;
    const holders = watchHolders(chaos);
    const counts = countLines(chaos, [
      "send.settled found=true",
      "send.settled found=false",
      "batch_lock.lost",
      "batch.dead_lettered",
    ]);
    const killer = createKiller(chaos, random.fork());
    const stop = new AbortController();
    const answers = { acknowledged: 0, refused: 0 };
    const load = { customers, pauseMs: [500, 4_000] as [number, number], random: random.fork() };
    const writing = keepWriting(chaos, {
      ...load,
      onAnswer: (status) => answers[status === 200 ? "acknowledged" : "refused"] += 1,
    }, stop.signal);
    const progress = setInterval(
      () =>
        say("killing", {
          kills: `${killer.counts.functions}/${wanted}`,
          ...answers,
          replies: chaos.log.replies().length,
          waiting: chaos.log.open(),
        }),
      5_000,
    );
    try {
      await killer.run(wanted, Date.now() + seconds * 1_000);
    } finally {
      clearInterval(progress);
      stop.abort();
    }
    await writing;
    say("draining", { waiting: chaos.log.open() });
    const left = await drain(chaos, drainMs);

    const verdict = chaos.log.verdict();
    const { fromLastHit, fromFirstHit } = recoveries(chaos.log.messages(), holders.all(), killer.kills);
    const recovery = distribution(fromLastHit);
    const done = killer.counts;
    return {
      figures: {
        "kills of function processes": done.functions,
        "processes killed": done.processes,
        "database connections cut": done.backends,
        "PostgreSQL killed": done.postgres,
        ...outsideFigures(verdict),
        "model calls": chaos.model.calls(),
        "sends settled": {
          found: counts.of("send.settled found=true"),
          absent: counts.of("send.settled found=false"),
        },
        "SIDs learned from": await sidFigures(chaos),
        "leases lost": counts.of("batch_lock.lost"),
        "recovery, ms from the last hit": { ...recovery },
        "recovery, ms from the first hit": { ...distribution(fromFirstHit) },
        "ms from acknowledged to answered": { ...distribution(waits(chaos.log.messages())) },
        "bound of recovery's p99, ms": recoveryBoundMs,
      },
      problems: [
        ...outsideProblems(verdict),
        ...(left === null ? [] : [`not drained after ${drainMs / 1_000} s: ${left}`]),
        ...(done.functions < wanted ? [`only ${done.functions} of ${wanted} kills in ${seconds} s`] : []),
        ...(recovery.p99 > recoveryBoundMs
          ? [`recovery took ${recovery.p99} ms at the 99th percentile`]
          : []),
        ...(counts.of("batch.dead_lettered") > 0 ? ["a batch was given up on"] : []),
      ],
    };
  },
});
