import { customerAddress } from "../fixtures/customer_address.ts";
import type { ChaosStack } from "./chaos_stack.ts";
import { pauseUnless } from "./load.ts";
import type { Random } from "./random.ts";

export interface Disturbances {
  counts: Record<"sweeps asked for" | "transitions" | "transitions refused" | "clocks turned", number>;
  /** Everything at once until `stop` aborts. */
  run(stop: AbortSignal): Promise<void>[];
  /** Ends every handoff, so that the rest can be answered. */
  calm(): Promise<void>;
}

const targets = [
  "human_handoff",
  "progress",
  "idle_timeout",
  "agent_closed",
  "user_closed",
  "failed",
] as const;

/** What moves conversations and sweeps while customers write: people at their desks, the cron twice over, time itself. */
export function createDisturbances(
  chaos: ChaosStack,
  { random, customers }: { random: Random; customers: number },
): Disturbances {
  const { stack, sql, twilio } = chaos;
  const counts = { "sweeps asked for": 0, "transitions": 0, "transitions refused": 0, "clocks turned": 0 };

  async function sweep(): Promise<void> {
    const headers = { "x-internal-api-key": stack.internalApiKey };
    const answer = await fetch(`${stack.url}/functions/v1/sweep-conversations`, { method: "POST", headers });
    await answer.body?.cancel();
    counts["sweeps asked for"] += 1;
  }

  /** Through the Data API, as an operator's tool would. */
  async function move(to?: (typeof targets)[number]): Promise<void> {
    const rows = await sql<{ id: string; version: number }[]>`
      select id, version from conversations where ended_at is null
      and (${to !== "progress"} or status = 'human_handoff') order by random() limit ${to ? 100 : 1}`;
    for (const { id, version } of rows) {
      const answer = await fetch(`${stack.url}/rest/v1/rpc/transition_conversation`, {
        method: "POST",
        headers: { "apikey": stack.keys.secret, "content-type": "application/json" },
        body: JSON.stringify({
          p_conversation_id: id,
          p_to_status: to ?? random.pick(targets),
          p_current_version: version,
          p_changed_by: "disturbances",
        }),
      });
      await answer.body?.cancel();
      counts[answer.ok ? "transitions" : "transitions refused"] += 1;
    }
  }

  /** Lets one conversation seem old, so that the sweep has something to move. One row alone: it waits for nobody while it holds it. */
  async function age(): Promise<void> {
    const hours = random.pick([2, 30, 60]);
    await sql`
      update conversations set updated_at = clock_timestamp() - make_interval(hours => ${hours}), sweep_at = clock_timestamp()
      where id = (select id from conversations where ended_at is null order by random() limit 1)`;
    counts["clocks turned"] += 1;
  }

  function openChat(): Promise<void> {
    twilio.setChatOpen(customerAddress(random.between(0, customers - 1)), random.next() < 0.5);
    return Promise.resolve();
  }

  async function again(
    work: () => Promise<void>,
    pauseMs: [number, number],
    stop: AbortSignal,
  ): Promise<void> {
    while (!stop.aborted) {
      await work();
      await pauseUnless(stop, random.between(...pauseMs));
    }
  }

  return {
    counts,
    run: (stop) => [
      again(sweep, [0, 200], stop),
      again(sweep, [0, 200], stop),
      again(() => move(), [0, 60], stop),
      again(() => move(), [0, 60], stop),
      again(() => move("progress"), [300, 900], stop),
      again(age, [20, 120], stop),
      again(openChat, [20, 200], stop),
    ],
    calm: () => move("progress"),
  };
}
