import type { LogLevel } from "functions/_shared/runtime/logger.ts";
import { Arrivals, type WaitOptions } from "./arrivals.ts";

/** One log line of a function, parsed. Fields come and go: read them with `textField` and `numberField`. */
export interface StackEvent {
  at: string;
  level: LogLevel;
  event: string;
  [field: string]: unknown;
}

/** What the functions say, as it happens. */
export interface StackEvents {
  publish(event: StackEvent): void;
  /** Calls `listener` for every later event, until the returned function is called. */
  subscribe(listener: (event: StackEvent) => void): () => void;
  /** The latest events, oldest first: at most 500. */
  recent(): StackEvent[];
  /** Resolves with the first event, a past one included, that satisfies the predicate. */
  happened(predicate: (event: StackEvent) => boolean, options?: WaitOptions): Promise<StackEvent>;
}

/** More than a busy stack says while somebody gets round to asking. */
const kept = 10_000;
const shown = 500;

export function createStackEvents(): StackEvents {
  const arrivals = new Arrivals<StackEvent>("log line", { limit: kept, describe });
  return {
    publish: (event) => arrivals.add(event),
    subscribe: (listener) => arrivals.subscribe(listener),
    recent: () => arrivals.all().slice(-shown),
    happened: (predicate, options) => arrivals.first(predicate, options),
  };
}

function describe(line: StackEvent): string {
  const shown = ["part", "session_id", "message_id", "reason", "outcome", "error"];
  const fields = shown.flatMap((name) =>
    line[name] === undefined ? [] : [`${name}=${JSON.stringify(line[name])}`]
  );
  return [line.event, ...fields].join(" ");
}

/** Reads one line of a function's output. Null: it is not one of Recado's log lines. */
export function parseLogLine(line: string): StackEvent | null {
  if (!line.startsWith("{")) return null;
  try {
    const parsed: unknown = JSON.parse(line);
    return isStackEvent(parsed) ? parsed : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

export function textField(event: StackEvent, name: string): string | null {
  const value = event[name];
  return typeof value === "string" ? value : null;
}

export function numberField(event: StackEvent, name: string): number | null {
  const value = event[name];
  return typeof value === "number" ? value : null;
}

function isStackEvent(value: unknown): value is StackEvent {
  return typeof value === "object" && value !== null && "event" in value && typeof value.event === "string" &&
    "at" in value && typeof value.at === "string" && "level" in value && typeof value.level === "string";
}
