import { maskAddress } from "functions/_shared/runtime/logger.ts";
import { type StackEvent, textField } from "../events/stack_events.ts";

const linking = ["session_id", "batch_id", "webhook_id"] as const;

/**
 * Tells which customer a log line is about. Lines name a message, a masked address, or only a session; what they name together
 * is learned, so that later lines with one of the names are understood too.
 */
export function createAttribution(customerOfMessage: (messageSid: string) => string | null) {
  const byMask = new Map<string, Set<string>>();
  const byId = new Map<string, string>();

  const masked = (line: StackEvent) => {
    const fitting = byMask.get(textField(line, "customer") ?? "") ?? new Set<string>();
    return fitting.size === 1 ? [...fitting][0] ?? null : null;
  };

  return {
    know(address: string): void {
      const mask = maskAddress(address);
      byMask.set(mask, (byMask.get(mask) ?? new Set()).add(address));
    },
    customerOf(line: StackEvent): string | null {
      const named = linking.map((name) => textField(line, name)).filter((id) => id !== null);
      // One request of the sweep is about many sessions, so a request tells only where nothing else does.
      const requestId = textField(line, "request_id");
      const ids = named.length > 0 || requestId === null ? named : [requestId];
      const messageSid = textField(line, "message_sid");
      const customer = (messageSid === null ? null : customerOfMessage(messageSid)) ?? masked(line) ??
        ids.map((id) => byId.get(id)).find((known) => known !== undefined) ?? null;
      if (customer !== null) { for (const id of ids) byId.set(id, customer); }
      return customer;
    },
  };
}
