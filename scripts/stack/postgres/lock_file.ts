import { join } from "node:path";

/**
 * Removes the lock file of a server that is dead beyond doubt, though its process id is taken: as a zombie that nobody
 * collects, or by another program. PostgreSQL only asks whether such a process exists. Where that cannot be told, nothing happens.
 */
export async function forgetDeadHolder(dataDir: string): Promise<void> {
  const lockFile = join(dataDir, "postmaster.pid");
  const pid = Number.parseInt(await textOf(lockFile) ?? "", 10);
  const stat = Number.isNaN(pid) ? null : await textOf(`/proc/${pid}/stat`);
  if (stat === null || !isDead(stat)) return;
  await Deno.remove(lockFile);
}

/** `/proc/<pid>/stat` reads `<pid> (<program>) <state> …`. */
function isDead(stat: string): boolean {
  const end = stat.lastIndexOf(")");
  const program = stat.slice(stat.indexOf("(") + 1, end);
  return program !== "postgres" || stat.charAt(end + 2) === "Z";
}

async function textOf(path: string): Promise<string | null> {
  try {
    return await Deno.readTextFile(path);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return null;
    throw cause;
  }
}
