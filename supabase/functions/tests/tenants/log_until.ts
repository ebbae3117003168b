import type { StackEvents } from "../../../../scripts/stack/page/events.ts";

/** Asks again after each log line until it is true: no line falls between asking and waiting. */
export async function logUntil(
  events: StackEvents,
  isTrue: () => Promise<boolean>,
  { timeoutMs = 60_000 } = {},
): Promise<void> {
  const signal = AbortSignal.timeout(timeoutMs);
  for (;;) {
    const said = Promise.withResolvers<void>();
    const unsubscribe = events.subscribe(() => said.resolve());
    const late = () => said.reject(signal.reason);
    signal.addEventListener("abort", late);
    try {
      if (await isTrue()) return;
      await said.promise;
    } finally {
      unsubscribe();
      signal.removeEventListener("abort", late);
    }
  }
}
