import { armFaultPoints } from "functions/_shared/runtime/fault_points.ts";
import { systemClock } from "functions/_shared/runtime/clock.ts";
import { AppError } from "functions/_shared/runtime/errors.ts";
import { type FaultPlan, noFault } from "./fault_plan.ts";
import { createMovableClock } from "./movable_clock.ts";

// The three edge functions in one process, each index.ts unchanged, with a fault that is armed over a second port. Arguments:
// the port of the functions, each at its own path, and the port of the control. Reports on its standard output every fault
// point at its first meeting, the fault, and, when asked for it, that no request and no background work is left.
// SIGUSR2 announces the end of the worker, as Supabase's runtime does.

const [functionsPort, controlPort] = Deno.args.map(Number);
const names = ["receive-whatsapp-message", "message-status", "sweep-conversations"];
const serve = Deno.serve;
const clock = createMovableClock();
Object.assign(systemClock, clock);

let plan: FaultPlan = noFault;
let fired = false;
let hanging = Promise.withResolvers<void>();
const met = new Set<string>();
/** Calls that have begun and not ended, by name. */
const calling = new Map<string, number>();
/** While a fault that stops or ends the process is about to happen, and while it lasts, no call begins. */
let standstill: Promise<void> | null = null;
/** Requests and background work under way. */
const work = new Set<Promise<unknown>>();

/** Written at once: the process may not live long enough for more. */
function report(event: string, fields: Record<string, unknown> = {}): void {
  const line = { at: new Date().toISOString(), level: "debug", event, ...fields };
  Deno.stdout.writeSync(new TextEncoder().encode(JSON.stringify(line) + "\n"));
}

function announceEnd(): void {
  report("end.announced");
  dispatchEvent(new CustomEvent("beforeunload", { detail: { reason: "termination" } }));
}

async function happen(point: string): Promise<void> {
  switch (plan.fault) {
    case "throw":
      throw new Error(`broken on purpose at ${point}`);
    case "lost":
      throw new AppError("database_unavailable", `the answer is lost at ${point}`, { retryable: true });
    case "kill":
    case "stop": {
      const since = clock.now();
      Deno.kill(Deno.pid, plan.fault === "kill" ? "SIGKILL" : "SIGSTOP");
      // Signals arrive a moment later: nothing else may happen in between.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
      clock.put(since + plan.stoppedMs);
      break;
    }
    case "hang":
      await hanging.promise;
      break;
    case null:
      return;
  }
  report("fault.over", { point });
}

/** What others have asked the database reaches it before this process is stopped, not at some time afterwards. */
async function othersAnswered(point: string): Promise<void> {
  const own = point.endsWith(".before") ? callOf(point) : "";
  const others = () => [...calling].reduce((sum, [name, count]) => sum + count - (name === own ? 1 : 0), 0);
  // A call that fails says nothing of its end: hence the bound.
  for (let left = 100; left > 0 && others() > 0; left--) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

const callOf = (point: string) => point.replace(/\.(before|after)$/, "");

armFaultPoints(async (point) => {
  const call = callOf(point);
  const begins = point.endsWith(".before");
  if (begins) await standstill;
  calling.set(call, Math.max((calling.get(call) ?? 0) + (begins ? 1 : -1), 0));
  if (!met.has(point)) {
    met.add(point);
    report("fault_point.met", { point });
    if (point === plan.endAnnouncedAt) announceEnd();
  }
  if (fired || plan.fault === null || point !== plan.point) return;
  fired = true;
  const over = Promise.withResolvers<void>();
  if (plan.fault === "kill" || plan.fault === "stop") {
    standstill = over.promise;
    await othersAnswered(point);
  }
  report("fault.fired", { point, fault: plan.fault });
  try {
    await happen(point);
  } finally {
    standstill = null;
    over.resolve();
  }
});

async function underWay(running: Promise<unknown>): Promise<void> {
  work.add(running);
  try {
    await running;
  } catch (error) {
    report("background.failed", { error: String(error) });
  } finally {
    work.delete(running);
  }
}

async function control(request: Request): Promise<Response> {
  switch (new URL(request.url).pathname) {
    case "/arm":
      plan = await request.json();
      fired = false;
      hanging = Promise.withResolvers();
      met.clear();
      break;
    case "/go-on":
      hanging.resolve();
      break;
    case "/finish":
      while (work.size > 0) await Promise.allSettled(work);
      report("work.finished");
      break;
    default:
      return new Response(null, { status: 404 });
  }
  return new Response(null, { status: 204 });
}

Object.assign(globalThis, {
  EdgeRuntime: { waitUntil: (running: Promise<unknown>) => void underWay(running) },
});
Deno.addSignalListener("SIGUSR2", announceEnd);

const handlers = new Map<string, (request: Request) => Promise<Response>>();
for (const name of names) {
  Object.assign(Deno, {
    serve: (handle: (request: Request) => Promise<Response>) => void handlers.set(name, handle),
  });
  await import(`../../${name}/index.ts`);
}

serve({ hostname: "127.0.0.1", port: controlPort ?? 0, onListen: () => {} }, control);
serve({ hostname: "127.0.0.1", port: functionsPort ?? 0, onListen: () => {} }, (request) => {
  const handle = handlers.get(new URL(request.url).pathname.split("/").at(-1) ?? "");
  if (!handle) return new Response(null, { status: 404 });
  const answering = handle(request);
  void underWay(answering);
  return answering;
});
