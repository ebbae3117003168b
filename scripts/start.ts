import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { createConsole } from "stack/console.ts";

// Everything heavy is loaded after the first line is out.

const options = await readArguments();
const console = createConsole({
  json: options.json,
  colour: Deno.stdout.isTerminal() && !Deno.env.get("NO_COLOR"),
});
console.say("Recado is starting on this machine.\n");

const { createTeardown } = await import("stack/processes/teardown.ts");
const { watchParents } = await import("stack/processes/parent_watch.ts");
const teardown = createTeardown();
let endingSince: number | null = null;

watchParents(() => void end());
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  Deno.addSignalListener(signal, () => void end());
}

try {
  const { readSettings } = await import("stack/settings.ts");
  const { createStackEvents } = await import("stack/events/stack_events.ts");
  const { startStack } = await import("stack/stack.ts");
  const { welcome } = await import("stack/words.ts");
  const settings = readSettings(Deno.env.toObject(), options);
  const events = createStackEvents();
  events.subscribe(console.show);
  const stack = await startStack(settings, { events, teardown });
  console.say(welcome(stack, settings));
} catch (cause) {
  if (endingSince === null) fail(cause);
}

/** Under npx one Ctrl-C may reach us twice; a later one does not wait, for what we started ends with us anyway. */
async function end(): Promise<void> {
  if (endingSince !== null) {
    if (performance.now() - endingSince > 1_000) Deno.exit(1);
    return;
  }
  endingSince = performance.now();
  console.say("\nEnding …");
  try {
    await teardown.run();
  } catch (cause) {
    fail(cause);
  }
  Deno.exit(0);
}

async function readArguments(): Promise<{ fresh: boolean; json: boolean; dataDir: string }> {
  const flag = { type: "boolean", default: false } as const;
  const options = { fresh: flag, json: flag, help: flag, data: { type: "string" } } as const;
  try {
    const { fresh, json, help, data } = parseArgs({ args: Deno.args, options }).values;
    const dataDir = data ? resolve(data) : fileURLToPath(new URL("../.recado", import.meta.url));
    if (!help) return { fresh, json, dataDir };
  } catch (cause) {
    fail(cause);
  }
  const { helpText } = await import("stack/words.ts");
  createConsole({ json: false, colour: false }).say(helpText);
  Deno.exit(0);
}

function fail(cause: unknown): never {
  globalThis.console.error(cause instanceof Error ? cause.message : String(cause));
  Deno.exit(1);
}
