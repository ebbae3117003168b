const firstMs = 1_000;
const longestMs = 60_000;

/**
 * Milliseconds to wait after the `attempt`th failure: doubling from one second, with up to half of it taken off at
 * random, so that what failed together does not return together. A server's own wish (`askedMs`) is honoured.
 */
export function retryInMs(
  attempt: number,
  askedMs: number | null,
  random: () => number = Math.random,
): number {
  const ceiling = Math.min(firstMs * 2 ** (attempt - 1), longestMs);
  const jittered = Math.round(ceiling * (1 - random() / 2));
  return Math.max(jittered, askedMs ?? 0);
}
