/** What may go wrong with one call to the REST API. `accepted` says whether the message exists all the same. */
export type TwilioFault =
  /** 20429 unless told, with `Retry-After: 1` unless told; null: without that header. */
  | { kind: "rate_limited"; retryAfterSeconds?: number | null; code?: number }
  | { kind: "server_error"; status: 500 | 502 | 503 | 504; accepted: boolean }
  | { kind: "reset"; accepted: boolean }
  | { kind: "hang"; accepted: boolean }
  | { kind: "malformed_answer" }
  /** With the status that Twilio gives the code, unless told. */
  | { kind: "reject"; code: number; status?: number }
  /** Answers late; the message is accepted at once. */
  | { kind: "delay"; ms: number }
  /** Answers once this has happened; the message is accepted at once. */
  | { kind: "held"; until: Promise<unknown> }
  /**
   * Accepted, and later `undelivered` with this code; `failed`: without ever being sent. `codeLater` reports the status
   * without the code first, and once more with it.
   */
  | { kind: "undeliver"; code: number; status?: "undelivered" | "failed"; codeLater?: boolean }
  | { kind: "callbacks"; mode: "dropped" | "duplicated" | "out_of_order" | "before_response" };

export type TwilioEndpoint = "create" | "list" | "fetch";

export interface FaultTarget {
  /** Which call: creating a message unless told. */
  on?: TwilioEndpoint | "any";
  /** Only calls for this customer address. */
  to?: string;
  /** How many calls: one unless told, and without end where the time is told. */
  times?: number;
  /** For how long from now, in milliseconds. */
  forMs?: number;
  /** For as long as this has not happened. */
  until?: Promise<unknown>;
}

interface Entry {
  faults: TwilioFault[];
  on: TwilioEndpoint | "any";
  to: string | null;
  left: number;
  endsAt: number;
}

/** Faults in the order they were asked for: each call takes the first entry that fits it and has not ended. */
export class FaultQueue {
  #entries: Entry[] = [];
  readonly #now: () => number;

  /** `now`: monotonic milliseconds. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  add(faults: TwilioFault | TwilioFault[], target: FaultTarget = {}): void {
    const { on = "create", to = null, forMs, until } = target;
    const { times = forMs === undefined && until === undefined ? 1 : Infinity } = target;
    const endsAt = forMs === undefined ? Infinity : this.#now() + forMs;
    const entry: Entry = { faults: [faults].flat(), on, to, left: times, endsAt };
    this.#entries.push(entry);
    const end = () => this.#remove(entry);
    until?.then(end, end);
  }

  take(on: TwilioEndpoint, to: string | null): TwilioFault[] {
    const now = this.#now();
    this.#entries = this.#entries.filter(({ endsAt }) => endsAt > now);
    const entry = this.#entries.find((each) =>
      (each.on === on || each.on === "any") && (each.to === null || each.to === to)
    );
    if (entry === undefined) return [];
    entry.left -= 1;
    if (entry.left <= 0) this.#remove(entry);
    return entry.faults;
  }

  clear(): void {
    this.#entries = [];
  }

  #remove(entry: Entry): void {
    this.#entries = this.#entries.filter((each) => each !== entry);
  }
}

export function faultOf<K extends TwilioFault["kind"]>(faults: TwilioFault[], kind: K) {
  return faults.find((fault): fault is Extract<TwilioFault, { kind: K }> => fault.kind === kind);
}
