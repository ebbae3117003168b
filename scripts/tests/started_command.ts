import { fileURLToPath } from "node:url";

const repository = fileURLToPath(new URL("../../", import.meta.url));

/** As users start it, with Node or with nothing but Deno. */
export const asUsersDo = isInstalled("npx")
  ? ["npx", "-y", "deno", "task", "start"]
  : [Deno.execPath(), "task", "start"];
/** The stack's own process. */
export const bare = [Deno.execPath(), "run", "-A", "scripts/start.ts"];

export interface Ready {
  url: string;
  database: string;
  pids: { functions: number[]; postgres: number };
}

/** `start` in a process group of its own, watched by nobody: what it leaves behind stays. */
export interface StartedCommand {
  readonly pid: number;
  readonly stdout: string[];
  readonly stderr: string[];
  readonly ready: Promise<Ready>;
  readonly status: Promise<Deno.CommandStatus>;
}

/** Keeps its data in `folder`, whose path then marks every process that it starts. */
export function startCommand(
  [command = "", ...words]: string[],
  { folder, port, args = [], env = {} }: {
    folder: string;
    port: number;
    args?: string[];
    env?: Record<string, string>;
  },
): StartedCommand {
  const child = new Deno.Command(command, {
    args: [...words, "--json", `--data=${folder}`, ...args],
    cwd: repository,
    env: { npm_config_prefer_offline: "true", ...env, RECADO_TEST_FOLDER: folder, PORT: String(port) },
    detached: true,
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const ready = Promise.withResolvers<Ready>();
  const stdout: string[] = [];
  const stderr: string[] = [];
  const drained = Promise.all([
    readLines(child.stdout, (line) => {
      stdout.push(line);
      if (line.includes('"stack.ready"')) ready.resolve(JSON.parse(line));
    }),
    readLines(child.stderr, (line) => stderr.push(line)),
  ]);
  drained.then(() =>
    ready.reject(new Error(`It ended before it was ready:\n${[...stdout, ...stderr].join("\n")}`))
  );
  // Not everybody waits for it to be ready.
  ready.promise.catch(() => {});
  return {
    pid: child.pid,
    stdout,
    stderr,
    ready: ready.promise,
    status: Promise.all([child.status, drained]).then(([status]) => status),
  };
}

async function readLines(stream: ReadableStream<Uint8Array>, onLine: (line: string) => void): Promise<void> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of stream) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    lines.forEach(onLine);
  }
  if (rest !== "") onLine(rest);
}

function isInstalled(command: string): boolean {
  return new Deno.Command("sh", { args: ["-c", `command -v ${command}`], stdout: "null" }).outputSync()
    .success;
}
