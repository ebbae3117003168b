import { runCommand } from "./command.ts";
import { drain } from "./drain.ts";
import { countLines } from "./line_counts.ts";
import { outsideFigures, outsideProblems } from "./problems.ts";

// Every message comes several times at once, from many customers side by side: each is stored once and answered once.

await runCommand({
  name: "storm",
  numbers: { messages: 2_000, customers: 200, times: 5, seconds: 240 },
  chaos: () => ({
    leaseSeconds: 30,
    sweepSeconds: 5,
    quietWindowMs: 300,
    maxWaitMs: 3_000,
    modelDelayMs: () => 50,
    twilioDelayMs: 0,
    durable: false,
  }),
  async run(chaos, { numbers, random, say }) {
    const { messages, customers, times, seconds } = numbers;
    const counts = countLines(chaos, ["message.duplicate", "message.accepted"]);
    const statuses = new Map<string, number>();
    const began = performance.now();
    const progress = setInterval(() => {
      say("storming", {
        accepted: counts.of("message.accepted"),
        duplicates: counts.of("message.duplicate"),
      });
    }, 5_000);
    const deadline = AbortSignal.timeout(seconds * 1_000);
    let left = messages;
    // Half of them write at the same time, or the queue in front of the gateway outlasts Twilio's patience.
    const order = Array.from({ length: messages }, (_, index) => ({ index, at: random.next() }))
      .sort((a, b) => a.at - b.at);
    const lane = async () => {
      for (let next = order.pop(); next && !deadline.aborted; next = order.pop()) {
        left -= 1;
        const answers = await chaos.send(next.index % customers, { times });
        for (const status of answers) statuses.set(String(status), (statuses.get(String(status)) ?? 0) + 1);
      }
    };
    try {
      await Promise.all(Array.from({ length: Math.min(40, customers) }, lane));
    } finally {
      clearInterval(progress);
    }
    const tookSeconds = (performance.now() - began) / 1_000;
    say("draining", { waiting: chaos.log.open() });
    const undone = await drain(chaos, 60_000);

    const verdict = chaos.log.verdict();
    const [stored] = await chaos.sql<{ rows: number; sids: number }[]>`
      select count(*)::int as rows, count(distinct message_sid)::int as sids from messages where direction = 'inbound'`;
    const rows = stored?.rows ?? 0;
    const duplicates = counts.of("message.duplicate");
    return {
      figures: {
        "webhooks": messages * times,
        "webhooks/s": Math.round((messages - left) * times / tookSeconds),
        "their statuses": Object.fromEntries(statuses),
        "rows": rows,
        "duplicates caught": duplicates,
        ...outsideFigures(verdict),
      },
      problems: [
        ...outsideProblems(verdict),
        ...(undone === null ? [] : [`not drained: ${undone}`]),
        ...(left > 0 ? [`${left} messages were not sent in ${seconds} s`] : []),
        ...(rows === verdict.acknowledged ? [] : [`${rows} rows for ${verdict.acknowledged} messages`]),
        ...(verdict.acknowledged === messages
          ? []
          : [`${messages - verdict.acknowledged} never acknowledged`]),
        ...(duplicates >= messages * (times - 1)
          ? []
          : [`only ${duplicates} duplicates caught of ${messages * (times - 1)}`]),
      ],
    };
  },
});
