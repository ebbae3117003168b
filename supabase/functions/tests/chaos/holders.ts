import { textField } from "stack/events/stack_events.ts";
import { type ChaosStack, tokenOf } from "./chaos_stack.ts";
import type { Holder } from "./recovery.ts";

export interface WatchedHolders {
  all(): Holder[];
}

/** Who worked on whose messages, and when, from the logs. */
export function watchHolders(chaos: ChaosStack): WatchedHolders {
  const customers = new Map<string, number>();
  const holders = new Map<string, { session: string; part: string; from: number; to: number | null }>();
  chaos.follow((line) => {
    const session = textField(line, "session_id");
    const webhook = textField(line, "webhook_id");
    if (session === null) return;
    if (line.event === "message.accepted" || line.event === "message.duplicate") {
      const message = chaos.log.find(tokenOf(textField(line, "message_sid") ?? ""));
      if (message !== null) customers.set(session, message.customer);
    }
    if (webhook === null) return;
    const at = Date.parse(line.at);
    if (line.event === "batch_lock.acquired") {
      holders.set(webhook, { session, part: textField(line, "part") ?? "", from: at, to: null });
    }
    const holder = holders.get(webhook);
    if (holder && (line.event === "batch_lock.released" || line.event === "batch_lock.lost")) holder.to = at;
  });
  return {
    all: () =>
      [...holders.values()].flatMap(({ session, ...holder }) => {
        const customer = customers.get(session);
        return customer === undefined ? [] : [{ ...holder, customer }];
      }),
  };
}
