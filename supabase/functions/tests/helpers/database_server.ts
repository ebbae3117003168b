import { statfs } from "node:fs/promises";
import { tmpdir } from "node:os";
import { kill } from "node:process";
import postgres from "postgres";
import { prepareDatabase } from "../../../../scripts/stack/migrations/migrate.ts";
import { freePort } from "../../../../scripts/stack/processes/ports.ts";
import { startPostgres } from "../../../../scripts/stack/postgres/server.ts";

// The one database server of a test run, in a process of its own: a test file's resources end with the file, but the next file
// wants the same server. Arguments: the process id of the run, with which everything here ends, and the file in which the test
// files of the run find the answer. Answers one line of JSON.

const [run = "", meetingPoint = ""] = Deno.args;
const home = await Deno.makeTempDir({ dir: await fastFolder(), prefix: "recado-test-database-" });
try {
  const server = await startPostgres({ dataDir: `${home}/data`, port: freePort(), durable: false });
  const admin = postgres(server.url, { max: 1, onnotice: () => {} });
  await admin`create database recado_template`;
  await prepareDatabase(server.urlOf("recado_template"), { seed: true });
  await admin.end();
  console.log(JSON.stringify({ port: server.port }));
  await Promise.race([endOf(Number(run)), server.status]);
  await server.stop();
} catch (cause) {
  console.log(JSON.stringify({ error: cause instanceof Error ? cause.message : String(cause) }));
} finally {
  await Deno.remove(home, { recursive: true });
  await endOf(Number(run));
  await Deno.remove(meetingPoint);
}
Deno.exit();

/** Memory where there is plenty: a copy takes 12 ms there, and up to 450 ms on a busy disk. */
async function fastFolder(): Promise<string> {
  const memory = "/dev/shm";
  try {
    const { bavail, bsize } = await statfs(memory);
    return bavail * bsize > 2 ** 30 ? memory : tmpdir();
  } catch {
    // There is no such folder (macOS).
    return tmpdir();
  }
}

/** Another process's end cannot be awaited, only looked for. */
function endOf(pid: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setInterval(() => {
      if (isRunning(pid)) return;
      clearInterval(timer);
      resolve();
    }, 50);
  });
}

function isRunning(pid: number): boolean {
  try {
    kill(pid, 0);
    const stat = Deno.build.os === "linux" ? Deno.readTextFileSync(`/proc/${pid}/stat`) : "";
    // A zombie has ended, it has only not been noticed yet.
    return !/\) Z [^)]*$/.test(stat);
  } catch {
    return false;
  }
}
