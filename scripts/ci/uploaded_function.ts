import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { spawnGuarded } from "stack/processes/guarded_process.ts";
import { accepting, freePort } from "stack/processes/ports.ts";
import type { Upload } from "./management_api.ts";

/** What Supabase's edge runtime is based on, from npm. It knows no certificates of npm's, hence the system's. */
const edgeDeno = ["-y", "deno@2.1.14"];
const boot = fileURLToPath(new URL("./boot.ts", import.meta.url));

export interface UnpackedFunction extends AsyncDisposable {
  /** Type-checks it as the edge runtime's Deno does. */
  check(): Promise<void>;
  /** Boots it and asks it once. */
  request(path: string, init?: RequestInit & { env?: Record<string, string> }): Promise<Response>;
}

/** Writes what was uploaded, and nothing else, to an empty folder. */
export async function unpack(upload: Upload): Promise<UnpackedFunction> {
  const folder = await Deno.makeTempDir({ prefix: "recado-upload-" });
  for (const [path, text] of upload.files) {
    const target = join(folder, path);
    assert.ok(target.startsWith(folder), `${path} leads out of the project`);
    await Deno.mkdir(dirname(target), { recursive: true });
    await Deno.writeTextFile(target, text);
  }
  const entrypoint = join(folder, upload.entrypoint);
  const options = ["--no-lock", "--node-modules-dir=none"];
  if (upload.importMap !== null) options.push(`--import-map=${join(folder, upload.importMap)}`);

  const start = (args: string[], env: Record<string, string>) => {
    const said: string[] = [];
    const running = spawnGuarded({
      command: "npx",
      args: [...edgeDeno, ...args],
      cwd: folder,
      env: { DENO_TLS_CA_STORE: "system", NO_COLOR: "1", ...env },
      onLine: ({ text }) => said.push(text),
    });
    return { ...running, said };
  };
  return {
    async check() {
      const { status, said } = start(["check", ...options, entrypoint], {});
      assert.ok(
        (await status).success,
        `what was uploaded does not pass the type check:\n${said.join("\n")}`,
      );
    },
    async request(path, { env = {}, ...init } = {}) {
      const port = freePort();
      const { status, said, stop } = start(
        ["run", "--allow-all", "--no-check", "--no-config", ...options, boot],
        { ...env, BOOT_ENTRYPOINT: pathToFileURL(entrypoint).href, BOOT_PORT: String(port) },
      );
      try {
        assert.ok(await accepting(port, status), `what was uploaded does not boot:\n${said.join("\n")}`);
        const response = await fetch(`http://127.0.0.1:${port}${path}`, init);
        return new Response(await response.text(), response);
      } finally {
        await stop();
      }
    },
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}
