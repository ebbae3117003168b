import { AppError } from "../../supabase/functions/_shared/runtime/errors.ts";

/** How PostgreSQL, which refuses to run as root, is run from here. */
export interface PostgresAccount {
  /** What stands before the command. */
  prefix: string[];
  /** Who must own the data folder; null when nobody else can. */
  owner: number | null;
}

const nobody = 65534;

/** A user namespace: root outside, somebody inside. Files stay root's own. */
export const namespace: PostgresAccount = {
  prefix: ["unshare", "--user", "--map-user=1000", "--map-group=1000"],
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

/** The account to run PostgreSQL under; an ordinary user simply runs it. Throws `root_not_supported`. */
export async function postgresAccount(
  { candidates = [namespace, otherUser] }: { candidates?: PostgresAccount[] } = {},
): Promise<PostgresAccount> {
  if (Deno.uid() !== 0) return { prefix: [], owner: null };
  for (const account of candidates) {
    if (await works(account)) return account;
  }
  throw new AppError(
    "root_not_supported",
    "PostgreSQL does not run as root, and neither unshare nor setpriv can change that here: run as an ordinary user.",
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

async function works({ prefix: [command = "", ...args] }: PostgresAccount): Promise<boolean> {
  try {
    const probe = new Deno.Command(command, { args: [...args, "true"], stdout: "null", stderr: "null" });
    return (await probe.output()).success;
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return false;
    throw cause;
  }
}
