import type { LogLevel } from "functions/_shared/runtime/logger.ts";
import { parseLogLine, type StackEvents } from "./stack_events.ts";

/** One line that a process printed. */
export type OutputLine = { stream: "stdout" | "stderr"; text: string };

/** What the stack itself has to say, as an event like those of the functions. */
export function tell(
  events: StackEvents,
  level: LogLevel,
  event: string,
  fields: Record<string, unknown> = {},
): void {
  events.publish({ at: new Date().toISOString(), level, event, part: "stack", ...fields });
}

export type Announced = <P>(what: string, starting: Promise<P>, detail: (part: P) => string) => Promise<P>;

/** Says when a part is ready, and how long its start took. */
export function announcer(events: StackEvents): Announced {
  return async (what, starting, detail) => {
    const since = performance.now();
    const part = await starting;
    const ms = Math.round(performance.now() - since);
    tell(events, "info", "part.ready", { what, ms, detail: detail(part) });
    return part;
  };
}

/** A line that a part printed, as an event. What is none of Recado's log lines (a stack trace, a banner) becomes `output`. */
export function publishLine(events: StackEvents, part: string, { stream, text }: OutputLine): void {
  const parsed = parseLogLine(text);
  if (parsed) return events.publish({ ...parsed, part });
  const level = stream === "stderr" ? "error" : "info";
  events.publish({ at: new Date().toISOString(), level, event: "output", part, text });
}

/** PostgreSQL writes everything to stderr; what fails in a statement is told by whoever sent it. */
export function publishPostgresLine(events: StackEvents, { text }: OutputLine): void {
  // Every client that is still there hears of a shutdown as a FATAL of its own.
  const routine = text.includes("terminating connection due to administrator command");
  const level = !routine && /\b(FATAL|PANIC): /.test(text)
    ? "error"
    : /\bWARNING: /.test(text)
    ? "warn"
    : "debug";
  events.publish({ at: new Date().toISOString(), level, event: "output", part: "postgres", text });
}
