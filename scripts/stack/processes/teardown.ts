import { AppError } from "functions/_shared/runtime/errors.ts";

export interface Teardown {
  /** Takes charge of a part from the moment it starts; once the end has begun, `stack_stopped` is thrown. */
  own<P>(started: P | Promise<P>, stop: (part: P) => unknown): Promise<P>;
  /** Stops everything, what was started last first. Any number of calls; each settles when all is stopped. */
  run(): Promise<void>;
}

export function createTeardown(): Teardown {
  const stops: (() => Promise<void>)[] = [];
  let running: Promise<void> | null = null;

  const stopAll = async () => {
    const failures: unknown[] = [];
    for (let stop = stops.pop(); stop; stop = stops.pop()) {
      await stop().catch((cause) => failures.push(cause));
    }
    if (failures.length > 0) throw new AggregateError(failures, "Some parts did not stop.");
  };

  return {
    async own(started, stop) {
      const outcome = Promise.allSettled([started]);
      stops.push(async () => {
        const [part] = await outcome;
        // One that did not start has told its starter.
        if (part.status === "fulfilled") await stop(part.value);
      });
      if (running) await stopAll();
      const part = await started;
      if (running) throw new AppError("stack_stopped", "The stack was stopped while it started.");
      return part;
    },
    run: () => running ??= stopAll(),
  };
}
