import { setTimeout as pause } from "node:timers/promises";
import type { ChaosStack } from "./chaos_stack.ts";

/** Waits until nothing is left to do, while the sweep goes on ticking. What is still left when time is up, or null. */
export async function drain(
  chaos: ChaosStack,
  timeoutMs: number,
  { unanswered = () => chaos.log.open() } = {},
): Promise<string | null> {
  const giveUpAt = Date.now() + timeoutMs;
  for (;;) {
    const left = await leftToDo(chaos, unanswered());
    if (left === null || Date.now() > giveUpAt) return left;
    await pause(200);
  }
}

async function leftToDo({ stack, sql }: ChaosStack, unanswered: number): Promise<string | null> {
  if (!stack.health().ready) return "the stack is not ready";
  try {
    const [row] = await sql<{ queued: number; unsent: number; held: number; overdue: number }[]>`
      select
        (select count(*)::int from message_queue where status <> 'dead') as queued,
        (select count(*)::int from messages where direction = 'outbound' and message_sid is null
          and delivery_status in ('pending', 'sending', 'unknown')) as unsent,
        (select count(*)::int from sessions where batch_lock_until > clock_timestamp()) as held,
        (select count(*)::int from conversations where sweep_at <= clock_timestamp()) as overdue`;
    const counts = { ...row, unanswered };
    return Object.values(counts).every((count) => count === 0) ? null : JSON.stringify(counts);
  } catch (cause) {
    // A connection that was killed with the server; the next one will be new.
    return cause instanceof Error ? cause.message : String(cause);
  }
}
