import { AppError } from "functions/_shared/runtime/errors.ts";
import { isRunning } from "./processes/ancestors.ts";

/** Makes the folder, empty when `fresh`. Throws `data_folder_in_use` rather than empty it under a running database, or `data_folder_unusable`. */
export async function prepareDataFolder(path: string, { fresh }: { fresh: boolean }): Promise<void> {
  if (fresh && await isInUse(path)) {
    throw new AppError(
      "data_folder_in_use",
      `Another stack is running on ${path}: end it before you start anew.`,
    );
  }
  try {
    if (fresh) await removeIfThere(path);
    await Deno.mkdir(path, { recursive: true });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new AppError("data_folder_unusable", `The data folder cannot be used: ${reason}.`, { cause });
  }
}

async function removeIfThere(path: string): Promise<void> {
  try {
    await Deno.remove(path, { recursive: true });
  } catch (cause) {
    if (!(cause instanceof Deno.errors.NotFound)) throw cause;
  }
}

/** By PostgreSQL's lock file, whose first line is its process id; another program may have that id by now. */
async function isInUse(path: string): Promise<boolean> {
  const pid = Number.parseInt(await contents(`${path}/postgres/postmaster.pid`), 10);
  if (Number.isNaN(pid)) return false;
  return Deno.build.os === "linux"
    ? /\(postgres\) [^ZX]/.test(await contents(`/proc/${pid}/stat`))
    : isRunning({ pid, parent: 0, command: "", startedAt: "" });
}

async function contents(file: string): Promise<string> {
  try {
    return await Deno.readTextFile(file);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return "";
    throw cause;
  }
}
