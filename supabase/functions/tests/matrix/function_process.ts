import { fileURLToPath } from "node:url";
import { functionEnvironment } from "../../../../scripts/stack/functions/environment.ts";
import { type GuardedProcess, spawnGuarded } from "../../../../scripts/stack/processes/guarded_process.ts";
import { createStackEvents, type StackEvent } from "../../../../scripts/stack/page/events.ts";
import { publishLine } from "../../../../scripts/stack/processes/part_log.ts";
import { accepting, freePort } from "../../../../scripts/stack/processes/ports.ts";
import { testSettings } from "../../../../scripts/stack/settings.ts";
import type { Stack } from "../../../../scripts/stack/stack.ts";
import { type FaultPlan, noFault } from "./fault_plan.ts";

export type FunctionName = "receive-whatsapp-message" | "message-status" | "sweep-conversations";

/** One edge function in a process of its own beside a stack, with a fault armed in it. */
export interface FunctionProcess extends AsyncDisposable {
  /** Where it listens; any path reaches the function. */
  readonly origin: string;
  /** Its log lines so far. */
  readonly lines: StackEvent[];
  met(): string[];
  happened(event: string, options?: { timeoutMs?: number }): Promise<StackEvent>;
  signal(signal: "SIGCONT" | "SIGSTOP" | "SIGUSR2" | "SIGKILL"): void;
}

export interface LaunchOptions {
  plan?: FaultPlan;
  /** The stack's scripted model unless told. */
  openaiUrl?: string;
  env?: Record<string, string>;
  port?: number;
}

const entry = fileURLToPath(new URL("./faulty_function.ts", import.meta.url));

/** Settles once it listens. It ends with this process, or when disposed of, by SIGKILL. */
export async function launchFunction(
  stack: Stack,
  name: FunctionName,
  { plan = noFault, openaiUrl = stack.model?.url ?? "", env = {}, port = freePort() }: LaunchOptions = {},
): Promise<FunctionProcess> {
  const events = createStackEvents();
  const lines: StackEvent[] = [];
  events.subscribe((event) => lines.push(event));
  const running: GuardedProcess = spawnGuarded({
    command: Deno.execPath(),
    args: ["run", "--allow-all", "--no-check", "--quiet", entry, name, JSON.stringify(plan)],
    env: {
      ...environmentBeside(stack, openaiUrl),
      ...env,
      DENO_SERVE_ADDRESS: `tcp:127.0.0.1:${port}`,
      NO_COLOR: "1",
    },
    onLine: (line) => publishLine(events, name, line),
  });
  if (!await accepting(port, running.status)) {
    throw new Error(`${name} did not start: ${lines.map(({ text }) => text).join("\n")}`);
  }
  return {
    origin: `http://127.0.0.1:${port}`,
    lines,
    met: () => lines.filter(({ event }) => event === "fault_point.met").map(({ point }) => String(point)),
    happened: (event, options) => events.happened((line) => line.event === event, options),
    signal: (signal) => Deno.kill(running.pid, signal),
    [Symbol.asyncDispose]: async () => {
      await running.stop({ signal: "SIGKILL" });
    },
  };
}

/** What the stack gives its own functions. */
function environmentBeside(stack: Stack, openaiUrl: string): Record<string, string> {
  const settings = testSettings({ dataDir: "", publicFunctionsUrl: stack.publicFunctionsUrl });
  return functionEnvironment(settings, stack.keys, {
    gateway: stack.url,
    database: stack.databaseUrl,
    twilio: stack.twilio?.url ?? "",
    openai: openaiUrl,
  });
}
