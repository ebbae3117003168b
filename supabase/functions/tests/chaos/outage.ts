import { setTimeout as pause } from "node:timers/promises";
import { runCommand } from "./command.ts";
import { drain } from "./drain.ts";
import { holdDown } from "./hold_down.ts";
import { keepWriting } from "./load.ts";
import { distribution, waits } from "./recovery.ts";
import { outsideFigures, outsideProblems } from "./problems.ts";

// The database goes away under load and comes back: meanwhile webhooks are told to come again, afterwards all is answered.

await runCommand({
  name: "outage",
  numbers: { seconds: 30, customers: 20 },
  chaos: (_, random) => ({
    leaseSeconds: 3,
    sweepSeconds: 2,
    quietWindowMs: 300,
    maxWaitMs: 2_000,
    modelDelayMs: () => random.between(50, 400),
    twilioDelayMs: 80,
    durable: true,
  }),
  async run(chaos, { numbers, random, say }) {
    const stop = new AbortController();
    const answers: { status: number | null; sentAt: number; answeredAt: number }[] = [];
    const writing = keepWriting(chaos, {
      customers: numbers.customers,
      pauseMs: [300, 2_000],
      random,
      onAnswer: (status, sentAt) => answers.push({ status, sentAt, answeredAt: Date.now() }),
    }, stop.signal);
    /** The Data API puts off its next try for up to 20 s after a long outage. */
    const acknowledgedAgain = async () => {
      const since = Date.now();
      while (!answers.some(({ status, sentAt }) => status === 200 && sentAt > since)) {
        if (Date.now() > since + 40_000) break;
        await pause(50);
      }
      return Date.now();
    };
    await pause(5_000);
    say("taking the database down", { waiting: chaos.log.open() });
    const outage = await holdDown(chaos);
    const downAt = Date.now();
    await pause(numbers.seconds * 1_000);
    const upAt = Date.now();
    say("letting it come back", { waiting: chaos.log.open() });
    await outage.end();
    const backMs = Date.now() - upAt;
    const acknowledgedMs = await acknowledgedAgain() - upAt;
    await pause(3_000);
    stop.abort();
    await writing;
    const undone = await drain(chaos, 90_000);

    const during = answers.filter(({ sentAt, answeredAt }) => sentAt > downAt && answeredAt < upAt);
    const others = during.filter(({ status }) => status !== 503);
    const after = answers.filter(({ sentAt, status }) => sentAt > upAt && status === 200);
    const verdict = chaos.log.verdict();
    return {
      figures: {
        "down, s": numbers.seconds,
        "database back after, ms": backMs,
        "acknowledging again after, ms": acknowledgedMs,
        "webhooks while it was down": during.length,
        "of these not answered 503": others.length,
        "acknowledged again afterwards": after.length,
        ...outsideFigures(verdict),
        "ms from acknowledged to answered": { ...distribution(waits(chaos.log.messages())) },
      },
      problems: [
        ...outsideProblems(verdict),
        ...(undone === null ? [] : [`not drained: ${undone}`]),
        ...(during.length === 0 ? ["no webhook came while it was down"] : []),
        ...(others.length > 0
          ? [`answered otherwise than 503: ${others.map(({ status }) => status).join(", ")}`]
          : []),
        ...(after.length === 0 ? ["nothing was acknowledged afterwards"] : []),
      ],
    };
  },
});
