import assert from "node:assert/strict";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { freshDatabase } from "./database.ts";

const config = fileURLToPath(new URL("../../../../deno.json", import.meta.url));

Deno.test("every copy is migrated, holds the demo tenant and is a database of its own", async () => {
  await using one = await freshDatabase();
  await using other = await freshDatabase();
  await one.sql`delete from public.senders`;
  const [sender] = await other.sql<{ address: string }[]>`select address from public.senders`;
  assert.equal(sender?.address, "whatsapp:+14155238886");
});

Deno.test("each connect() is a connection of its own", async () => {
  await using database = await freshDatabase();
  const clients = [database.connect(), database.connect(), database.connect()];
  const pids = await Promise.all(
    clients.map(async (sql) => (await sql<{ pid: number }[]>`select pg_backend_pid() as pid`)[0]?.pid),
  );
  assert.equal(new Set(pids).size, 3);
});

Deno.test("as() acts with the rights of a role and the claims of its token", async () => {
  await using database = await freshDatabase();
  const sub = "7f3d0c1e-52a5-4c3c-9a86-0d5b3f0f9b11";
  const seen = await database.as("authenticated", async (sql) => {
    const [row] = await sql<{ who: string; uid: string }[]>`select current_user as who, auth.uid() as uid`;
    return row;
  }, { claims: { sub } });
  assert.deepEqual(seen, { who: "authenticated", uid: sub });
  const [after] = await database.sql<{ who: string }[]>`select current_user as who`;
  assert.equal(after?.who, "postgres");
});

Deno.test("test files side by side share one server, and nothing of it is left when they have ended", async () => {
  const folder = await Deno.makeTempDir({ prefix: "recado-shared-" });
  const file = `
    import { freshDatabase } from ${JSON.stringify(new URL("./database.ts", import.meta.url).href)};
    Deno.test("looks", async () => {
      await using database = await freshDatabase();
      const [row] = await database.sql\`
        select current_setting('port') as port, current_setting('data_directory') as folder\`;
      await Deno.writeTextFile(import.meta.filename + ".seen", JSON.stringify(row));
    });
  `;
  try {
    const files = ["a_test.ts", "b_test.ts", "c_test.ts"].map((name) => `${folder}/${name}`);
    for (const path of files) await Deno.writeTextFile(path, file);
    const child = new Deno.Command(Deno.execPath(), {
      args: ["test", "--allow-all", "--no-check", "--parallel", "--config", config, ...files],
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const { code, stdout, stderr } = await child.output();
    assert.equal(code, 0, new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr));
    const seen = await Promise.all(files.map((path) => Deno.readTextFile(`${path}.seen`)));
    assert.equal(new Set(seen).size, 1, "one port, one folder");

    const { port, folder: data } = JSON.parse(seen[0] ?? "");
    await waitUntil(async () => !await accepts(Number(port)));
    await waitUntil(async () =>
      !(await exists(data)) && !(await exists(join(tmpdir(), `recado-test-run-${child.pid}.json`)))
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

async function accepts(port: number): Promise<boolean> {
  try {
    (await Deno.connect({ hostname: "127.0.0.1", port })).close();
    return true;
  } catch (cause) {
    if (cause instanceof Deno.errors.ConnectionRefused) return false;
    throw cause;
  }
}

async function waitUntil(condition: () => Promise<boolean>): Promise<void> {
  const giveUpAt = performance.now() + 60_000;
  while (!await condition()) {
    assert.ok(performance.now() < giveUpAt, "still not so after a minute");
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return false;
    throw cause;
  }
}
