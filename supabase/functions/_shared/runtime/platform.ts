/** What Supabase's runtime offers beyond Deno; absent elsewhere. */
interface EdgeRuntime {
  waitUntil(promise: Promise<unknown>): void;
}

declare global {
  var EdgeRuntime: EdgeRuntime | undefined;
}

/** Keeps the invocation alive until `work` is done. Best effort by nature: a killed one is finished by the sweep. */
export function waitUntil(work: Promise<unknown>): void {
  globalThis.EdgeRuntime?.waitUntil(work);
}

/**
 * Aborts when the runtime announces the end of this worker: wall clock, memory, early drop, termination
 * (https://supabase.com/docs/guides/functions/background-tasks).
 */
export function shutdownSignal(): AbortSignal {
  const controller = new AbortController();
  addEventListener("beforeunload", (event) => {
    const reason = event instanceof CustomEvent ? event.detail?.reason : undefined;
    controller.abort(new Error(`The worker is shutting down (${reason ?? "no reason given"}).`));
  });
  return controller.signal;
}

/**
 * A fetch that opens a connection for every request. Deno 2.9 posts again by itself when a kept connection breaks before
 * the answer, which must not happen to a call that is not idempotent; 2.1, the edge runtime's, does not.
 */
export function unpooledFetch(): typeof fetch {
  if (typeof Deno.createHttpClient !== "function") return fetch;
  const client = Deno.createHttpClient({ poolMaxIdlePerHost: 0 });
  return (input, init) => fetch(input, { ...init, client });
}
