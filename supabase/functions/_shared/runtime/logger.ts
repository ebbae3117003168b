export type LogFields = Record<string, unknown>;
export type LogLevel = "debug" | "info" | "warn" | "error";

/** One JSON object a line. `event` is `noun.verb`. */
export interface Logger {
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
  /** A logger whose lines all carry these fields too. */
  with(fields: LogFields): Logger;
}

const rank: Record<LogLevel, number> = { debug: 0, info: 1, warn: 2, error: 3 };

/** The platform cuts lines over 10,000 characters (https://supabase.com/docs/guides/functions/logging). */
const maxLineLength = 9_500;

export interface LoggerOptions {
  level?: LogLevel;
  write?: (line: string) => void;
}

export function createLogger(options: LoggerOptions = {}, bound: LogFields = {}): Logger {
  const { level: threshold = "info", write = (line: string) => console.log(line) } = options;
  const log = (level: LogLevel) => (event: string, fields: LogFields = {}) => {
    if (rank[level] < rank[threshold]) return;
    const line = { at: new Date().toISOString(), level, event, ...bound, ...fields };
    write(clip(encode(line), { level, event }));
  };
  return {
    debug: log("debug"),
    info: log("info"),
    warn: log("warn"),
    error: log("error"),
    with: (fields) => createLogger(options, { ...bound, ...fields }),
  };
}

/** An address keeps its scheme and last four characters: `whatsapp:…4567`. */
export function maskAddress(address: string): string {
  const colon = address.indexOf(":");
  const scheme = colon < 0 ? "" : address.slice(0, colon + 1);
  return `${scheme}…${address.slice(-4)}`;
}

function printable(_key: string, value: unknown): unknown {
  if (!(value instanceof Error)) return value;
  const { name, message, cause } = value;
  const code = "code" in value ? value.code : undefined;
  return { name, code, message, cause: cause instanceof Error ? cause.message : undefined };
}

/** What JSON cannot hold must not stop the work that is being logged. */
function encode(line: LogFields): string {
  try {
    return JSON.stringify(line, printable);
  } catch (error) {
    const { at, level, event } = line;
    return JSON.stringify({ at, level, event, unprintable: String(error) });
  }
}

function clip(line: string, found: { level: LogLevel; event: string }): string {
  if (line.length <= maxLineLength) return line;
  // Encoded once more, a character may take six.
  const start = line.slice(0, maxLineLength / 2);
  const clipped = JSON.stringify({ ...found, clipped: true, start });
  return clipped.length <= maxLineLength
    ? clipped
    : JSON.stringify({ ...found, clipped: true, start: start.slice(0, maxLineLength / 8) });
}
