import { AppError } from "functions/_shared/runtime/errors.ts";

/** How PostgreSQL, which refuses to run as root, is run from here. */
export interface PostgresAccount {
  /** What stands before the command. */
  prefix: string[];
  /** Who must own the data folder; null when nobody else can. */
  owner: number | null;
}

const nobody = 65534;

/** A user namespace: root outside, nobody inside, for initdb wants a user that has a name. Files stay root's own. */
export const namespace: PostgresAccount = {
  prefix: ["unshare", "--user", `--map-user=${nobody}`, `--map-group=${nobody}`],
  owner: 0,
};

/** For containers that close user namespaces. The capability lets it pass folders that only root may enter. */
export const otherUser: PostgresAccount = {
  prefix: [
    "setpriv",
    `--reuid=${nobody}`,
    `--regid=${nobody}`,
    "--clear-groups",
    "--inh-caps=-all,+dac_override",
    "--ambient-caps=-all,+dac_override",
  ],
  owner: nobody,
};

/**
 * The account to run PostgreSQL under; an ordinary user simply runs it, or, without a name (as containers may have it), in a
 * namespace too. Throws `user_not_supported`.
 */
export async function postgresAccount(
  { candidates = [namespace, otherUser] }: { candidates?: PostgresAccount[] } = {},
): Promise<PostgresAccount> {
  const isRoot = Deno.uid() === 0;
  if (!isRoot && await succeeds("id", ["-un"])) return { prefix: [], owner: null };
  for (const account of candidates) {
    const [command = "", ...args] = account.prefix;
    if (await succeeds(command, [...args, "true"])) return isRoot ? account : { ...account, owner: null };
  }
  throw new AppError(
    "user_not_supported",
    "PostgreSQL runs neither as root nor as a user without a name, and neither unshare nor setpriv can change that here: run as an ordinary user.",
  );
}

/** Gives the data folder to whom the server will run as, which may differ from who made it. */
export async function handOver(folder: string, account: PostgresAccount): Promise<void> {
  if (account.owner === null || (await Deno.stat(folder)).uid === account.owner) return;
  const owner = `${account.owner}:${account.owner}`;
  const { success, stderr } = await new Deno.Command("chown", { args: ["-R", owner, folder] }).output();
  if (success) return;
  const reason = new TextDecoder().decode(stderr).trim();
  throw new AppError("data_folder_unusable", `The data folder could not be given to PostgreSQL: ${reason}.`);
}

async function succeeds(command: string, args: string[]): Promise<boolean> {
  try {
    const { success } = await new Deno.Command(command, { args, stdout: "null", stderr: "null" }).output();
    return success;
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return false;
    throw cause;
  }
}
