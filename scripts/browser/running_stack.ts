import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));

export interface RunningStack {
  pageUrl: string;
  /** What the stack printed so far, for a test that failed. */
  output(): string;
  stop(): Promise<void>;
}

/** The stack as its users start it, on three free ports and with a folder of its own. */
export async function startStack(): Promise<RunningStack> {
  const port = freePorts();
  const data = await Deno.makeTempDir({ prefix: "recado-page-" });
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "scripts/start.ts", "--json", `--data=${data}`],
    cwd: root,
    env: { PORT: String(port), QUIET_WINDOW_MS: "1500" },
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const lines: string[] = [];
  const ready = Promise.withResolvers<void>();
  const read = async (stream: ReadableStream<Uint8Array>) => {
    for await (const text of stream.pipeThrough(new TextDecoderStream())) {
      lines.push(text);
      if (text.includes('"stack.ready"')) ready.resolve();
    }
  };
  const drained = Promise.all([read(child.stdout), read(child.stderr)]);
  const ended = child.status.then(({ code }) => {
    throw new Error(`The stack ended with code ${code}:\n${lines.join("")}`);
  });
  await Promise.race([ready.promise, ended]);
  // From here on its end is what `stop` asks for.
  ended.catch(() => undefined);
  return {
    pageUrl: `http://127.0.0.1:${port + 2}`,
    output: () => lines.join(""),
    async stop() {
      child.kill("SIGTERM");
      await child.status;
      await drained;
      await Deno.remove(data, { recursive: true });
    },
  };
}

/** Three free ports in a row, below the range from which the system takes outgoing ones. */
function freePorts(): number {
  for (let port = 20_000 + Math.floor(Math.random() * 10_000);; port += 3) {
    const listeners: Deno.Listener[] = [];
    try {
      for (const offset of [0, 1, 2]) {
        listeners.push(Deno.listen({ hostname: "127.0.0.1", port: port + offset }));
      }
      return port;
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    } finally {
      for (const listener of listeners) listener.close();
    }
  }
}
