import { AppError } from "functions/_shared/runtime/errors.ts";

/** What keeps a folder for a moment after its server was killed. */
const held = [/lock file "postmaster\.pid" already exists/, /pre-existing shared memory block/];

/** Says in one sentence why PostgreSQL ended before it was ready, from its log. Retryable while a predecessor may still let go. */
export function startFailure(
  lines: string[],
  { dataDir, port }: { dataDir: string; port: number },
): AppError {
  const has = (pattern: RegExp) => lines.some((line) => pattern.test(line));
  if (has(/could not bind .*(Address already in use|Permission denied)/)) {
    return new AppError(
      "port_busy",
      `Port ${port} (database) cannot be listened on: end what listens there.`,
    );
  }
  if (held.some(has)) {
    return new AppError("database_in_use", `Another PostgreSQL is running on ${dataDir}: end it first.`, {
      retryable: true,
    });
  }
  const fatal = lines.findLast((line) => /\b(FATAL|PANIC):/.test(line)) ?? lines.at(-1) ?? "no reason given";
  const reason = fatal.replace(/^.*?(FATAL|PANIC):\s*/, "");
  return new AppError(
    "database_broken",
    `The database in ${dataDir} does not start (${reason}): repair it, or remove the folder to start anew.`,
  );
}
