import { kill } from "node:process";

/** A program above us, by the id and what else tells it from a later program with the same id. */
export interface Ancestor {
  pid: number;
  parent: number;
  command: string;
  startedAt: string;
}

/** `deno task`, `npx`, and what other package runners call themselves. */
const launcher =
  /(^|[\\/\s])(deno(\.exe)?\s+task|(npm|npx|pnpm|pnpx|yarn|bun|bunx)(-cli)?(\.[cm]?js)?)(\s|$)/;
/** What stands between two launchers. */
const between = /^\S*\b(sh|bash|dash|zsh)\s+-c\s|[\\/]deno[\\/]bin\.cjs\b/;

export interface Launch {
  /** The programs that started us, nearest first, as far as the outermost package runner; none when a shell started us. */
  launchers: Ancestor[];
  /** The shell that a package runner starts us through is there, but belongs to nobody any more. */
  abandoned: boolean;
}

export function launchOf(startedBy: number, read: (pid: number) => Ancestor | null = readAncestor): Launch {
  const chain: Ancestor[] = [];
  let outermost = 0;
  for (let above = read(startedBy); above; above = above.pid === 1 ? null : read(above.parent)) {
    // What a shell was told to run may name a package runner too.
    const isBetween = between.test(above.command);
    const isLauncher = !isBetween && launcher.test(above.command);
    if (!isLauncher && !isBetween) break;
    chain.push(above);
    if (isLauncher) outermost = chain.length;
  }
  const top = chain.at(-1);
  const abandoned = top !== undefined && top.parent === 1 && between.test(top.command);
  return { launchers: chain.slice(0, outermost), abandoned };
}

/** Whether it still runs. A zombie does not: it has only not been noticed yet. */
export function isRunning(ancestor: Ancestor): boolean {
  if (ancestor.startedAt !== "") {
    const now = readProc(ancestor.pid);
    return now !== null && now.startedAt === ancestor.startedAt;
  }
  try {
    return kill(ancestor.pid, 0);
  } catch {
    // No such process, or no longer ours to signal: gone either way.
    return false;
  }
}

function readAncestor(pid: number): Ancestor | null {
  return readProc(pid) ?? readPs(pid);
}

function readProc(pid: number): Ancestor | null {
  const stat = textOf(`/proc/${pid}/stat`);
  if (stat === null) return null;
  // The second field is a name in parentheses that may itself hold blanks and parentheses.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [state = "", parent = "0"] = fields;
  if (state === "Z" || state === "X") return null;
  const command = (textOf(`/proc/${pid}/cmdline`) ?? "").replaceAll("\0", " ").trim();
  return { pid, parent: Number(parent), command, startedAt: fields[19] ?? "" };
}

/** Where there is no /proc (macOS). */
function readPs(pid: number): Ancestor | null {
  try {
    const args = ["-o", "ppid=,command=", "-p", String(pid)];
    const { stdout } = new Deno.Command("ps", { args, stderr: "null" }).outputSync();
    const [, parent, command] = new TextDecoder().decode(stdout).match(/^\s*(\d+)\s+(.*)$/m) ?? [];
    return parent && command ? { pid, parent: Number(parent), command, startedAt: "" } : null;
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return null;
    throw cause;
  }
}

function textOf(path: string): string | null {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    // The process ended between two looks, or this system has no /proc.
    return null;
  }
}
