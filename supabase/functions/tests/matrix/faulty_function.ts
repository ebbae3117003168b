import { AppError } from "../../_shared/runtime/errors.ts";
import { armFaultPoints } from "../../_shared/runtime/fault_points.ts";
import type { FaultPlan } from "./fault_plan.ts";

// One edge function, its index.ts unchanged, with a fault armed in it. Arguments: the function's name, the plan as JSON. Reports
// every point at its first meeting, and the fault. SIGUSR2 announces the end of the worker, as Supabase's runtime does.

const [name = "", planText = "{}"] = Deno.args;
const plan: FaultPlan = JSON.parse(planText);
const met = new Set<string>();
let fired = false;

/** Written at once: the process may not live long enough for more. */
function report(event: string, fields: Record<string, unknown>): void {
  const line = { at: new Date().toISOString(), level: "debug", event, ...fields };
  Deno.stdout.writeSync(new TextEncoder().encode(JSON.stringify(line) + "\n"));
}

function announceEnd(): void {
  report("end.announced", {});
  dispatchEvent(new CustomEvent("beforeunload", { detail: { reason: "termination" } }));
}

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

async function suffer(point: string): Promise<void> {
  switch (plan.fault) {
    case "throw":
      throw new Error(`broken on purpose at ${point}`);
    case "lost":
      throw new AppError("database_unavailable", `the answer is lost at ${point}`, { retryable: true });
    case "kill":
    case "stop":
      Deno.kill(Deno.pid, plan.fault === "kill" ? "SIGKILL" : "SIGSTOP");
      // Signals arrive a moment later: nothing else may happen in between.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
      break;
    case "hang":
      await pause(plan.hangMs);
      break;
    case null:
      return;
  }
  report("fault.over", { point });
}

armFaultPoints(async (point) => {
  if (!met.has(point)) {
    met.add(point);
    report("fault_point.met", { point });
    if (point === plan.endAnnouncedAt) announceEnd();
  }
  if (fired || plan.fault === null || point !== plan.point) return;
  fired = true;
  report("fault.fired", { point, fault: plan.fault });
  await suffer(point);
});
Deno.addSignalListener("SIGUSR2", announceEnd);

switch (name) {
  case "receive-whatsapp-message":
    await import("../../receive-whatsapp-message/index.ts");
    break;
  case "message-status":
    await import("../../message-status/index.ts");
    break;
  case "sweep-conversations":
    await import("../../sweep-conversations/index.ts");
    break;
  default:
    throw new Error(`There is no function ${name}.`);
}
