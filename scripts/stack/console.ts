import type { StackEvent } from "./events/stack_events.ts";

export interface Console {
  say(line: string): void;
  /** One line for an event: as JSON, or compactly for people. */
  show(event: StackEvent): void;
}

const styles = { dim: 2, bold: 1, red: 31, green: 32, yellow: 33, cyan: 36 } as const;
type Style = keyof typeof styles;

/** Prints for people, or with `json` nothing but the events as JSON lines. */
export function createConsole(
  options: { json: boolean; colour: boolean; write?: (text: string) => void },
): Console {
  const { json, colour, write = writeOut } = options;
  const paint = (style: Style, text: string) => colour ? `\x1b[${styles[style]}m${text}\x1b[0m` : text;
  return {
    say: (line) => json || write(line + "\n"),
    show(event) {
      if (json) write(JSON.stringify(event) + "\n");
      else if (event.level !== "debug" && event.event !== "stack.ready") write(compact(event, paint) + "\n");
    },
  };
}

function compact(event: StackEvent, paint: (style: Style, text: string) => string): string {
  const { at, level, event: name, part, ...fields } = event;
  const seconds = Number(fields.ms) / 1_000;
  if (name === "part.ready") {
    const detail = paint("dim", String(fields.detail ?? ""));
    return `  ${paint("green", "✓")} ${String(fields.what).padEnd(18)} ${
      seconds.toFixed(1).padStart(5)
    } s  ${detail}`;
  }
  const clock = paint("dim", new Date(at).toTimeString().slice(0, 8));
  const shownLevel = level === "info"
    ? ""
    : paint(level === "debug" ? "dim" : level === "warn" ? "yellow" : "red", `${level} `);
  const from = paint("dim", String(part ?? "").padEnd(24));
  if (name === "output") return `${clock} ${from} ${shownLevel}${String(fields.text)}`;
  return `${clock} ${from} ${shownLevel}${paint("cyan", name)} ${paint("dim", pairs(fields))}`.trimEnd();
}

/** For machines: they follow a request or name the tenant, and are in every line. */
const notForPeople = new Set(["function", "request_id", "sender", "owner_id", "conversation_id"]);

/** The fields, as far as a line carries them. */
function pairs(fields: Record<string, unknown>): string {
  return Object.entries(fields)
    .filter(([name, value]) =>
      !notForPeople.has(name) && value !== null && value !== undefined && value !== ""
    )
    .map(([name, value]) => `${name}=${clipped(typeof value === "string" ? value : JSON.stringify(value))}`)
    .slice(0, 7)
    .join(" ");
}

/** Long ids are told apart by their beginning as well. */
function clipped(text: string): string {
  const line = text
    .replace(/\s+/g, " ")
    .replace(/\b([0-9a-f]{8})-[0-9a-f-]{27}\b/g, "$1")
    .replace(/\b([A-Z]{2}[0-9a-f]{6})[0-9a-f]{26}\b/g, "$1");
  return line.length > 60 ? `${line.slice(0, 59)}…` : line;
}

/** Whoever read our output may be gone (`| head`, a closed terminal): then there is nobody to tell. */
function writeOut(text: string): void {
  try {
    let rest = new TextEncoder().encode(text);
    while (rest.length > 0) rest = rest.subarray(Deno.stdout.writeSync(rest));
  } catch (cause) {
    if (!(cause instanceof Deno.errors.BrokenPipe)) throw cause;
  }
}
