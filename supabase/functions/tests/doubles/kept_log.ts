import { createLogger, type LogFields, type Logger } from "functions/_shared/runtime/logger.ts";

export interface KeptLog {
  log: Logger;
  lines: LogFields[];
  events(): unknown[];
  /** The first line of this event. */
  line(event: string): LogFields;
}

/** A real logger, down to `debug`, whose lines a test can read. */
export function keepLog(): KeptLog {
  const lines: LogFields[] = [];
  return {
    log: createLogger({ level: "debug", write: (line) => lines.push(JSON.parse(line)) }),
    lines,
    events: () => lines.map(({ event }) => event),
    line: (event) => {
      const found = lines.find((line) => line.event === event);
      if (!found) {
        throw new Error(`No line says ${event}; there are ${lines.map((line) => line.event).join(", ")}.`);
      }
      return found;
    },
  };
}
