import type { SimulatedMessage } from "./message.ts";
import type { MessageLog } from "./store.ts";

/** Reads a log back: one JSON line a change, the last of a message wins. A torn last line, of a killed process, is left out. */
export function readMessageLog(path: string): SimulatedMessage[] {
  const latest = new Map<string, SimulatedMessage>();
  for (const line of textOf(path).split("\n").slice(0, -1)) {
    const message: SimulatedMessage = JSON.parse(line);
    latest.set(message.sid, message);
  }
  return [...latest.values()];
}

export function openMessageLog(path: string): MessageLog & Disposable {
  const whole = textOf(path);
  Deno.writeTextFileSync(path, whole.slice(0, whole.lastIndexOf("\n") + 1));
  const file = Deno.openSync(path, { append: true, create: true });
  return {
    append(message) {
      let rest = new TextEncoder().encode(JSON.stringify(message) + "\n");
      while (rest.length > 0) rest = rest.subarray(file.writeSync(rest));
    },
    [Symbol.dispose]: () => file.close(),
  };
}

function textOf(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  }
}
