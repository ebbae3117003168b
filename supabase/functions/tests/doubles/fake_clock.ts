import type { Clock } from "functions/_shared/runtime/clock.ts";

/** Time that passes only when a test says so. */
export interface FakeClock extends Clock {
  /** Lets `ms` pass: whoever sleeps wakes in order, and finishes what it then does before the next one wakes. */
  advance(ms: number): Promise<void>;
  /** Lets as much time pass as `work` needs; fails when `work` waits for something that no sleeper will bring. */
  finish<T>(work: Promise<T>): Promise<T>;
}

interface Sleeper {
  at: number;
  wake: () => void;
}

export function createFakeClock(): FakeClock {
  let time = 1_000_000;
  const sleepers = new Set<Sleeper>();
  const next = () => [...sleepers].sort((a, b) => a.at - b.at)[0];

  async function passTo(sleeper: Sleeper) {
    time = Math.max(time, sleeper.at);
    sleeper.wake();
    await settled();
  }

  return {
    now: () => time,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted) return resolve();
        const wake = () => {
          sleepers.delete(sleeper);
          signal?.removeEventListener("abort", wake);
          resolve();
        };
        const sleeper = { at: time + ms, wake };
        sleepers.add(sleeper);
        signal?.addEventListener("abort", wake);
      }),
    advance: async (ms) => {
      const end = time + ms;
      await settled();
      for (let first = next(); first && first.at <= end; first = next()) await passTo(first);
      time = end;
    },
    finish: async (work) => {
      let done = false;
      const end = () => {
        done = true;
      };
      work.then(end, end);
      for (await settled(); !done;) {
        const first = next();
        if (!first) throw new Error("The work neither ends nor sleeps.");
        await passTo(first);
      }
      return await work;
    },
  };
}

/** After everything that waits for no timer and no socket. */
export async function settled(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 0));
}
