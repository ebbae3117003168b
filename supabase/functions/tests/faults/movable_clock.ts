import type { Clock } from "functions/_shared/runtime/clock.ts";

/** A worker's clock that can be put to another time. Whoever sleeps past it wakes. */
export interface MovableClock extends Clock {
  /** From now on the time is `now`, in the clock's milliseconds. */
  put(now: number): void;
}

export function createMovableClock(): MovableClock {
  let offset = 0;
  const sleepers = new Set<{ until: number; timer: ReturnType<typeof setTimeout>; wake: () => void }>();
  const now = () => performance.now() + offset;
  return {
    now,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted) return resolve();
        const wake = () => {
          clearTimeout(sleeper.timer);
          sleepers.delete(sleeper);
          signal?.removeEventListener("abort", wake);
          resolve();
        };
        const sleeper = { until: now() + ms, timer: setTimeout(() => wake(), ms), wake };
        sleepers.add(sleeper);
        signal?.addEventListener("abort", wake);
      }),
    put: (time) => {
      offset = time - performance.now();
      for (const sleeper of sleepers) {
        clearTimeout(sleeper.timer);
        sleeper.timer = setTimeout(sleeper.wake, Math.max(sleeper.until - time, 0));
      }
    },
  };
}
