import type { PostgresBinaries } from "stack/postgres/binaries.ts";

const bin = "/usr/lib/postgresql/15/bin";

/** PostgreSQL 15 as Debian packages it (postgresql-15): the oldest that is supported, and the one with plpgsql_check. */
export const debian15: PostgresBinaries = {
  initdb: `${bin}/initdb`,
  postgres: `${bin}/postgres`,
  majorVersion: 15,
};

/** What pg_dump says of our schemas, without data; of a server of version 15. */
export async function dumpOf(url: string): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(`${bin}/pg_dump`, {
    args: ["--schema-only", "--schema=public", "--schema=private", `--dbname=${url}`],
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  if (!success) throw new Error(`pg_dump failed: ${text(stderr)}`);
  return text(stdout)
    // Newer versions print a key that is another each time.
    .replaceAll(/^\\(un)?restrict .*$/gm, "")
    // Who may do something is a set: the dump has it in the order in which it was granted.
    .replaceAll(/(?:^GRANT .*\n)+/gm, (grants) => grants.split(/(?<=\n)/).sort().join(""));
}
