import { AppError } from "../../supabase/functions/_shared/runtime/errors.ts";

export interface Teardown {
  /** Takes charge of a part as soon as it runs; after the end it is stopped at once and `stack_stopped` is thrown. */
  own<P>(started: Promise<P>, stop: (part: P) => unknown): Promise<P>;
  /** Stops everything, the youngest first. Any number of calls; each settles when all is stopped. */
  run(): Promise<void>;
}

export function createTeardown(): Teardown {
  const stops: (() => unknown)[] = [];
  const starting = new Set<Promise<unknown>>();
  let running: Promise<void> | null = null;

  const stopAll = async () => {
    const failures: unknown[] = [];
    for (const stop of stops.reverse()) {
      try {
        await stop();
      } catch (cause) {
        failures.push(cause);
      }
    }
    // Parts that were still starting stop themselves in `own`.
    await Promise.allSettled(starting);
    if (failures.length > 0) throw new AggregateError(failures, "Some parts did not stop.");
  };

  return {
    async own(started, stop) {
      const owned = started.then(async (part) => {
        if (running) {
          await stop(part);
          throw new AppError("stack_stopped", "The stack was stopped while it started.");
        }
        stops.push(() => stop(part));
        return part;
      });
      starting.add(owned);
      try {
        return await owned;
      } finally {
        starting.delete(owned);
      }
    },
    run: () => running ??= stopAll(),
  };
}
