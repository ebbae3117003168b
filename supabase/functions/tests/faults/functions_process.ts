import { fileURLToPath } from "node:url";
import { functionEnvironment } from "stack/functions/environment.ts";
import { type GuardedProcess, spawnGuarded } from "stack/processes/guarded_process.ts";
import { createStackEvents, type StackEvent } from "stack/events/stack_events.ts";
import { publishLine } from "stack/events/part_log.ts";
import { accepting, freePort } from "stack/processes/ports.ts";
import { testSettings } from "stack/settings.ts";
import type { Stack } from "stack/stack.ts";
import { type FaultPlan, noFault } from "./fault_plan.ts";

/** All edge functions in a process of its own beside a stack, in which a fault can be armed. */
export interface FunctionsProcess extends AsyncDisposable {
  /** The base of the functions, each at its name. */
  readonly origin: string;
  /** Its log lines since it was armed last. */
  lines(): StackEvent[];
  /** The fault points that it came to since then. */
  met(): string[];
  /** The first line of this event since then, or the next one. */
  happened(event: string): Promise<StackEvent>;
  /** Another fault, or the first; nothing may be under way. */
  arm(plan: FaultPlan): Promise<void>;
  /** Lets a call that hangs go on. */
  goOn(): Promise<void>;
  /** Settles once no request and no background work is left, or the process has ended. */
  finished(): Promise<void>;
  hasEnded(): boolean;
  signal(signal: "SIGCONT" | "SIGSTOP" | "SIGUSR2" | "SIGKILL"): void;
}

export interface LaunchOptions {
  plan?: FaultPlan;
  /** The stack's scripted model unless told. */
  openaiUrl?: string;
  /** Further variables; by default the stack's functions are those that Twilio is told to call back. */
  env?: Record<string, string>;
  port?: number;
}

const entry = fileURLToPath(new URL("./faulty_functions.ts", import.meta.url));

/** Settles once it listens. It ends with this process, or when disposed of, by SIGKILL. */
export async function launchFunctions(stack: Stack, options: LaunchOptions = {}): Promise<FunctionsProcess> {
  const { plan = noFault, openaiUrl = stack.model?.url ?? "", env = {}, port = freePort() } = options;
  const controlPort = freePort();
  const events = createStackEvents();
  let lines: StackEvent[] = [];
  events.subscribe((event) => lines.push(event));
  const running: GuardedProcess = spawnGuarded({
    command: Deno.execPath(),
    args: ["run", "--allow-all", "--no-check", "--quiet", entry, String(port), String(controlPort)],
    env: { ...environmentBeside(stack, openaiUrl), ...env, NO_COLOR: "1" },
    onLine: (line) => publishLine(events, "functions", line),
  });
  const ended = new AbortController();
  const ending = running.status.then(() => ended.abort(new Error("The functions process ended")));
  if (!await accepting(port, running.status)) {
    throw new Error(`The functions did not start: ${lines.map(({ text }) => text).join("\n")}`);
  }

  const control = async (path: string, body: unknown = null) => {
    const answer = await fetch(`http://127.0.0.1:${controlPort}/${path}`, {
      method: "POST",
      body: JSON.stringify(body),
    });
    await answer.body?.cancel();
  };
  const happened = (event: string): Promise<StackEvent> =>
    events.happened((line) => line.event === event && lines.includes(line), {
      what: `${event} of the functions process`,
      signal: ended.signal,
    });
  const process: FunctionsProcess = {
    origin: `http://127.0.0.1:${port}`,
    lines: () => [...lines],
    met: () => lines.filter(({ event }) => event === "fault_point.met").map(({ point }) => String(point)),
    happened,
    arm: async (next) => {
      lines = [];
      await control("arm", next);
    },
    goOn: () => control("go-on"),
    finished: async () => {
      // Its line comes after all others of the work. A process that is killed meanwhile has no work left either.
      const told = control("finish").then(() => happened("work.finished"));
      await Promise.race([ending, told.catch(() => ending)]);
    },
    hasEnded: () => ended.signal.aborted,
    signal: (signal) => Deno.kill(running.pid, signal),
    [Symbol.asyncDispose]: async () => {
      await running.stop({ signal: "SIGKILL" });
    },
  };
  if (plan.fault !== null || plan.endAnnouncedAt !== null) await process.arm(plan);
  return process;
}

/** What the stack gives its own functions. A tick that dies keeps the others away for two thirds of its interval. */
function environmentBeside(stack: Stack, openaiUrl: string): Record<string, string> {
  const { publicFunctionsUrl } = stack;
  const settings = testSettings({ dataDir: "", publicFunctionsUrl, sweepSeconds: 5 });
  return functionEnvironment(settings, stack.keys, {
    gateway: stack.url,
    database: stack.databaseUrl,
    twilio: stack.twilio?.url ?? "",
    openai: openaiUrl,
  });
}
