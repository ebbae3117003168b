// What Supabase's edge runtime adds to Deno, loaded before a function's own code: work that outlives its request, and notice
// of the end of the worker (https://supabase.com/docs/guides/functions/background-tasks).

const pending = new Set<Promise<unknown>>();

async function settled(work: Promise<unknown>): Promise<void> {
  pending.add(work);
  try {
    await work;
  } catch (cause) {
    const error = cause instanceof Error ? cause.message : String(cause);
    console.log(
      JSON.stringify({ at: new Date().toISOString(), level: "error", event: "background.failed", error }),
    );
  } finally {
    pending.delete(work);
  }
}

Object.assign(globalThis, { EdgeRuntime: { waitUntil: (work: Promise<unknown>) => void settled(work) } });

const servers: Deno.HttpServer[] = [];
Deno.serve = new Proxy(Deno.serve, {
  apply(serve, self, args) {
    const server: Deno.HttpServer = Reflect.apply(serve, self, args);
    servers.push(server);
    return server;
  },
});

Deno.addSignalListener("SIGTERM", async () => {
  globalThis.dispatchEvent(new CustomEvent("beforeunload", { detail: { reason: "termination" } }));
  await Promise.allSettled(servers.map((server) => server.shutdown()));
  while (pending.size > 0) await Promise.allSettled(pending);
  Deno.exit(0);
});
