import { join } from "node:path";
import { AppError } from "functions/_shared/runtime/errors.ts";
import { spawnGuarded } from "../processes/guarded_process.ts";
import { handOver, type PostgresAccount } from "./account.ts";
import type { PostgresBinaries } from "./binaries.ts";

/** A clean environment would otherwise give SQL_ASCII, in which emoji and accents fail. */
function encoding({ majorVersion }: PostgresBinaries): string[] {
  const builtin = majorVersion >= 17 ? ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"] : [];
  return ["--encoding=UTF8", "--locale=C", ...builtin];
}

/** Makes a database cluster in the folder unless there is one. It appears there whole or not at all. */
export async function prepareCluster(
  folder: string,
  { binaries, account, durable }: { binaries: PostgresBinaries; account: PostgresAccount; durable: boolean },
): Promise<void> {
  const version = await clusterVersion(folder);
  if (version === String(binaries.majorVersion)) return;
  if (version !== null) {
    throw new AppError(
      "database_of_another_version",
      `${folder} holds a database of PostgreSQL ${version}, but this is PostgreSQL ${binaries.majorVersion}: remove the folder to start anew.`,
    );
  }
  const unfinished = `${folder}.unfinished`;
  await removeIfThere(unfinished);
  await Deno.mkdir(unfinished, { recursive: true, mode: 0o700 });
  await handOver(unfinished, account);
  const [command = "", ...args] = [
    ...account.prefix,
    binaries.initdb,
    `--pgdata=${unfinished}`,
    "--username=postgres",
    // Reachable from this machine alone.
    "--auth=trust",
    "--no-instructions",
    ...(durable ? [] : ["--no-sync"]),
    ...encoding(binaries),
  ];
  const said: string[] = [];
  const initdb = spawnGuarded({
    command,
    args,
    env: { LC_ALL: "C" },
    onLine: ({ text }) => said.push(text),
  });
  const { success } = await initdb.status;
  if (!success) {
    const reason = said.findLast((line) => line.includes("error:")) ?? said.at(-1) ?? "no reason given";
    throw new AppError("database_not_made", `No database could be made in ${folder}: ${reason}`);
  }
  await Deno.rename(unfinished, folder);
}

/** The major version of the cluster in a folder; null when the folder is empty or not there. */
async function clusterVersion(folder: string): Promise<string | null> {
  try {
    return (await Deno.readTextFile(join(folder, "PG_VERSION"))).trim();
  } catch (cause) {
    if (!(cause instanceof Deno.errors.NotFound)) throw cause;
  }
  try {
    for await (const _ of Deno.readDir(folder)) {
      throw new AppError("database_broken", `${folder} holds something that is not a PostgreSQL database.`);
    }
  } catch (cause) {
    if (!(cause instanceof Deno.errors.NotFound)) throw cause;
  }
  return null;
}

async function removeIfThere(path: string): Promise<void> {
  try {
    await Deno.remove(path, { recursive: true });
  } catch (cause) {
    if (!(cause instanceof Deno.errors.NotFound)) throw cause;
  }
}
