/** What may go wrong with one call to the REST API. `accepted` says whether the message exists all the same. */
export type TwilioFault =
  | { kind: "rate_limited"; retryAfterSeconds?: number }
  | { kind: "server_error"; status: 500 | 502 | 503 | 504; accepted: boolean }
  | { kind: "reset"; accepted: boolean }
  | { kind: "hang"; accepted: boolean }
  | { kind: "malformed_answer" }
  | { kind: "reject"; code: number }
  /** Answers late; the message is accepted at once. */
  | { kind: "delay"; ms: number }
  /** Answers once this has happened; the message is accepted at once. */
  | { kind: "held"; until: Promise<unknown> }
  /** Accepted, and later `undelivered` with this code. */
  | { kind: "undeliver"; code: number }
  | { kind: "callbacks"; mode: "dropped" | "duplicated" | "out_of_order" | "before_response" };

export type TwilioEndpoint = "create" | "list" | "fetch";

export interface FaultTarget {
  /** Which call: creating a message unless told. */
  on?: TwilioEndpoint;
  /** Only calls for this customer address. */
  to?: string;
  /** How many calls, one unless told. */
  times?: number;
}

/** Faults in the order they were asked for: each call takes the first entry that fits it. */
export class FaultQueue {
  #entries: { faults: TwilioFault[]; on: TwilioEndpoint; to: string | null; left: number }[] = [];

  add(faults: TwilioFault | TwilioFault[], { on = "create", to, times = 1 }: FaultTarget = {}): void {
    this.#entries.push({ faults: [faults].flat(), on, to: to ?? null, left: times });
  }

  take(on: TwilioEndpoint, to: string | null): TwilioFault[] {
    const entry = this.#entries.find((each) => each.on === on && (each.to === null || each.to === to));
    if (entry === undefined) return [];
    entry.left -= 1;
    if (entry.left <= 0) this.#entries = this.#entries.filter((each) => each !== entry);
    return entry.faults;
  }

  clear(): void {
    this.#entries = [];
  }
}

export function faultOf<K extends TwilioFault["kind"]>(faults: TwilioFault[], kind: K) {
  return faults.find((fault): fault is Extract<TwilioFault, { kind: K }> => fault.kind === kind);
}
