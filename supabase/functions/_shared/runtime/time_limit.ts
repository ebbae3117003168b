import { type Clock, systemClock } from "./clock.ts";

/** A time limit over one or several awaits that holds even where a signal is ignored. */
export interface TimeLimit {
  /** Aborts when the time is over, or when the limit was called off. */
  readonly signal: AbortSignal;
  /** The work's outcome, or the signal's reason as soon as it aborts. */
  race<T>(work: Promise<T>): Promise<T>;
  /** Ends the limit: no timer is left. To be called whatever came of the work. */
  end(): void;
}

export interface TimeLimitOptions {
  /** Calls everything off, with its reason. */
  signal?: AbortSignal;
  clock?: Pick<Clock, "sleep">;
}

/** `ms` from now. The signal's reason is then a DOMException `TimeoutError`. */
export function startTimeLimit(
  ms: number,
  { signal, clock = systemClock }: TimeLimitOptions = {},
): TimeLimit {
  const over = new AbortController();
  const ended = new AbortController();
  const callOff = () => over.abort(signal?.reason);
  if (signal?.aborted) callOff();
  else signal?.addEventListener("abort", callOff, { once: true });
  const aborted = new Promise<never>((_, reject) => {
    const fail = () => reject(over.signal.reason);
    if (over.signal.aborted) fail();
    else over.signal.addEventListener("abort", fail, { once: true });
  });
  // Whoever races is told; with nobody racing it is no error.
  aborted.catch(() => {});
  void clock.sleep(ms, ended.signal).then(() => {
    if (ended.signal.aborted) return;
    over.abort(new DOMException(`no answer within ${ms} ms`, "TimeoutError"));
  });
  return {
    signal: over.signal,
    race: (work) => Promise.race([work, aborted]),
    end: () => {
      ended.abort();
      signal?.removeEventListener("abort", callOff);
    },
  };
}
