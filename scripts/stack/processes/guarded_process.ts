import type { OutputLine } from "../events/part_log.ts";
import { AppError } from "functions/_shared/runtime/errors.ts";

export interface GuardedCommand {
  command: string;
  args?: string[];
  /** Added to our own environment, or all of it with `clearEnv`. */
  env?: Record<string, string>;
  clearEnv?: boolean;
  cwd?: string;
  onLine?: (line: OutputLine) => void;
  /** What asks it to end, here and when we are gone: TERM, except for programs that read TERM as "later". */
  stopSignal?: "SIGTERM" | "SIGINT";
  /** How long it may take to end before it is killed. */
  graceMs?: number;
}

export interface GuardedProcess {
  /** The command's own process, which also leads the group of whatever it starts. */
  readonly pid: number;
  /** Settles when the command ended and its last lines were handed to `onLine`. */
  readonly status: Promise<Deno.CommandStatus>;
  /** Asks the whole group to end, kills what is left of it after the grace. Safe to call at any time, any number of times. */
  stop(options?: { signal?: Deno.Signal; graceMs?: number }): Promise<Deno.CommandStatus>;
}

// The shell becomes the command, so the id is the command's own. A watcher stays beside it in its process group and reads a
// pipe that only we hold open: end-of-file means that we are gone, however we ended. As a member it keeps the group's id taken. A zombie counts as gone,
// for in a container nobody may collect it.
const guardian = `
exec 3<&0 </dev/null
(
  trap '' HUP INT TERM
  alive() {
    kill -s 0 "$$" || return 1
    [ ! -r "/proc/$$/stat" ] || read -r stat <"/proc/$$/stat" || return 1
    case "$stat" in *") Z "*) return 1 ;; esac
  }
  while read -r _; do :; done
  kill -s "$1" -- "-$$"
  stat= tenths=$2
  while [ "$tenths" -gt 0 ] && alive; do sleep 0.1; tenths=$((tenths - 1)); done
  kill -s KILL -- "-$$"
) <&3 >/dev/null 2>&1 &
exec 3<&-
shift 2
exec "$@"
`;

/** Starts a command that ends when we end, even by SIGKILL. A group of its own keeps a terminal's Ctrl-C for us alone. */
export function spawnGuarded(what: GuardedCommand): GuardedProcess {
  const { stopSignal = "SIGTERM", graceMs = 5_000 } = what;
  const child = new Deno.Command("sh", {
    args: [
      "-c",
      guardian,
      "sh",
      stopSignal.slice(3),
      String(Math.ceil(graceMs / 100)),
      what.command,
      ...(what.args ?? []),
    ],
    detached: true,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
    ...(what.env && { env: what.env }),
    ...(what.clearEnv && { clearEnv: true }),
    ...(what.cwd && { cwd: what.cwd }),
  }).spawn();
  const drained = Promise.all([
    readLines(child.stdout, (text) => what.onLine?.({ stream: "stdout", text })),
    readLines(child.stderr, (text) => what.onLine?.({ stream: "stderr", text })),
  ]);
  let gone = false;
  const status = (async () => {
    const ended = await child.status;
    gone = true;
    // The watcher now ends whatever the command left in its group, and with that the pipes.
    await child.stdin.close();
    await within(drained, 1_000);
    return ended;
  })();

  const stop: GuardedProcess["stop"] = async (options = {}) => {
    if (!gone) signalGroup(child.pid, options.signal ?? stopSignal);
    if (!await within(status, options.graceMs ?? graceMs) && !gone) signalGroup(child.pid, "SIGKILL");
    return await status;
  };
  return { pid: child.pid, status, stop };
}

/** Signals a process group; one that is gone already needs no signal. */
function signalGroup(leader: number, signal: Deno.Signal): void {
  try {
    Deno.kill(-leader, signal);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return;
    throw new AppError("process_not_signalled", `Process group ${leader} could not be sent ${signal}.`, {
      cause,
    });
  }
}

/** Whether the promise settled within the time. */
async function within(promise: Promise<unknown>, ms: number): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<false>((resolve) => timer = setTimeout(() => resolve(false), ms));
  try {
    return await Promise.race([promise.then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}

async function readLines(stream: ReadableStream<Uint8Array>, onLine: (text: string) => void): Promise<void> {
  let rest = "";
  const decoder = new TextDecoder();
  for await (const chunk of stream) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split(/\r?\n/);
    rest = lines.pop() ?? "";
    lines.forEach(onLine);
  }
  if (rest !== "") onLine(rest);
}
