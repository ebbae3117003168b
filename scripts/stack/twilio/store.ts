import { Arrivals } from "../events/arrivals.ts";
import type { SimulatedMessage } from "./message.ts";

/** Where every change is appended before it counts, so that it outlives the process. */
export interface MessageLog {
  append(message: SimulatedMessage): void;
}

/** Twilio's side of the truth: each message in its latest state, in the order of acceptance. */
export class TwilioStore {
  readonly #messages = new Map<string, SimulatedMessage>();
  readonly #log: MessageLog | null;
  readonly accepted = new Arrivals<SimulatedMessage>("accepted message", { describe });
  readonly changes = new Arrivals<SimulatedMessage>("message change", { limit: 1, describe });

  constructor(past: Iterable<SimulatedMessage> = [], log: MessageLog | null = null) {
    for (const message of past) this.#messages.set(message.sid, message);
    for (const message of this.outbound()) this.accepted.add(message);
    this.#log = log;
  }

  add(message: SimulatedMessage): void {
    this.#keep(message);
    if (message.direction === "outbound-api") this.accepted.add(message);
  }

  change(sid: string, change: Partial<SimulatedMessage>): SimulatedMessage | null {
    const message = this.#messages.get(sid);
    if (message === undefined) return null;
    const changed = { ...message, ...change, updatedAt: new Date().toISOString() };
    this.#keep(changed);
    return changed;
  }

  find(sid: string): SimulatedMessage | null {
    return this.#messages.get(sid) ?? null;
  }

  all(): SimulatedMessage[] {
    return [...this.#messages.values()];
  }

  outbound(): SimulatedMessage[] {
    return this.all().filter(({ direction }) => direction === "outbound-api");
  }

  #keep(message: SimulatedMessage): void {
    this.#log?.append(message);
    this.#messages.set(message.sid, message);
    this.changes.add(message);
  }
}

function describe({ direction, to, status, body }: SimulatedMessage): string {
  return `${direction} to ${to}, ${status}: ${JSON.stringify(body.slice(0, 40))}`;
}
