import { setTimeout as pause } from "node:timers/promises";
import type { ChaosStack } from "./chaos_stack.ts";
import type { Random } from "./random.ts";

export interface Load {
  customers: number;
  /** From one burst of a customer's to his next. */
  pauseMs: [low: number, high: number];
  random: Random;
  /** Called for each message with the answer that Twilio was left with. */
  onAnswer?: (status: number | null, sentAt: number) => void;
}

/** Customers who write in bursts of one to five messages until `stop` aborts; settles when their last webhook was answered. */
export async function keepWriting(chaos: ChaosStack, load: Load, stop: AbortSignal): Promise<void> {
  const { customers, random, onAnswer = () => {} } = load;
  const writing = Array.from({ length: customers }, (_, index) => index).map(async (index) => {
    const mine = random.fork();
    const customer = index;
    await pauseUnless(stop, mine.between(0, load.pauseMs[1]));
    while (!stop.aborted) {
      const burst: Promise<void>[] = [];
      for (let left = mine.between(1, 5); left > 0 && !stop.aborted; left--) {
        const sentAt = Date.now();
        burst.push(chaos.send(customer).then(([status = null]) => onAnswer(status, sentAt)));
        await pauseUnless(stop, mine.between(0, 200));
      }
      await Promise.all(burst);
      await pauseUnless(stop, mine.between(...load.pauseMs));
    }
  });
  await Promise.all(writing);
}

/** Waits so long, or until `stop` aborts. */
export async function pauseUnless(stop: AbortSignal, ms: number): Promise<void> {
  try {
    await pause(ms, undefined, { signal: stop });
  } catch (cause) {
    if (!stop.aborted) throw cause;
  }
}
