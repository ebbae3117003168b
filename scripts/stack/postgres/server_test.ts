import assert from "node:assert/strict";
import postgres from "postgres";
import { freePort } from "../processes/ports.ts";
import { type PostgresServer, startPostgres } from "./server.ts";
import { namespace, otherUser, postgresAccount } from "./account.ts";

type Client = ReturnType<typeof postgres>;

async function folder(): Promise<{ path: string } & AsyncDisposable> {
  const path = await Deno.makeTempDir({ prefix: "recado-postgres-" });
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}

async function started(
  dataDir: string,
  options: { port?: number; durable?: boolean } = {},
): Promise<PostgresServer & AsyncDisposable> {
  const server = await startPostgres({
    dataDir,
    port: options.port ?? freePort(),
    durable: options.durable ?? false,
  });
  return Object.assign(server, {
    async [Symbol.asyncDispose]() {
      await server.stop();
    },
  });
}

function client(url: string): Client & AsyncDisposable {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  return Object.assign(sql, { [Symbol.asyncDispose]: () => sql.end({ timeout: 1 }) });
}

function fails(code: string) {
  return (cause: unknown) => cause instanceof Error && "code" in cause && cause.code === code;
}

Deno.test("a database keeps what it is told, emoji and accents too, over a restart", async () => {
  await using home = await folder();
  const dataDir = `${home.path}/data`;
  {
    await using server = await started(dataDir, { durable: true });
    await using sql = client(server.url);
    await sql`create table said (body text)`;
    await sql`insert into said values ('olá 👋🏽 São Paulo')`;
  }
  await using server = await started(dataDir, { durable: true });
  await using sql = client(server.url);
  const [row] = await sql<{ body: string; encoding: string; characters: number; version: string }[]>`
    select body, char_length(body) as characters, current_setting('server_encoding') as encoding,
      current_setting('server_version_num') as version from said`;
  assert.equal(row?.body, "olá 👋🏽 São Paulo");
  assert.equal(row?.encoding, "UTF8");
  assert.equal(row?.characters, 16);
  assert.match(row?.version ?? "", /^17/);
});

Deno.test("what was committed is there after the server was killed and started again", async () => {
  await using home = await folder();
  const dataDir = `${home.path}/data`;
  const port = freePort();
  const killed = await startPostgres({ dataDir, port });
  {
    await using sql = client(killed.url);
    await sql`create table kept as select 42 as answer`;
    Deno.kill(killed.pid, "SIGKILL");
    assert.equal((await killed.status).signal, "SIGKILL");
  }
  await using server = await started(dataDir, { port, durable: true });
  await using sql = client(server.url);
  const [row] = await sql<{ answer: number }[]>`select answer from kept`;
  assert.equal(row?.answer, 42);
});

Deno.test("the server ends when whoever started it is killed outright", async () => {
  await using home = await folder();
  const dataDir = `${home.path}/data`;
  const port = freePort();
  const program = `
    import { startPostgres } from ${JSON.stringify(new URL("./server.ts", import.meta.url).href)};
    const server = await startPostgres(${JSON.stringify({ dataDir, port, durable: false })});
    console.log(server.url);
    await server.status;
  `;
  const holder = new Deno.Command(Deno.execPath(), { args: ["eval", program], stdout: "piped" }).spawn();
  const stdout = holder.stdout.getReader();
  const { value } = await stdout.read();
  await using sql = client(new TextDecoder().decode(value).trim());
  await sql`select 1`;
  const asleep = assert.rejects(async () => await sql`select pg_sleep(60)`);
  Deno.kill(holder.pid, "SIGKILL");
  await Promise.all([asleep, holder.status, stdout.cancel()]);
  await using server = await started(dataDir, { port });
  assert.ok(server.pid);
});

Deno.test("a busy port, a folder in use, of another version, broken or foreign is told by its code", async () => {
  await using home = await folder();
  const dataDir = `${home.path}/data`;
  {
    await using server = await started(dataDir);
    await assert.rejects(
      startPostgres({ dataDir: `${home.path}/other`, port: server.port, durable: false }),
      fails("port_busy"),
    );
    await assert.rejects(
      startPostgres({ dataDir, port: freePort(), patienceMs: 200 }),
      fails("database_in_use"),
    );
    await using sql = client(server.url);
    assert.equal((await sql`select 1`).length, 1, "the running one is unharmed");
  }
  await Deno.writeTextFile(`${dataDir}/PG_VERSION`, "16\n");
  await assert.rejects(startPostgres({ dataDir, port: freePort() }), fails("database_of_another_version"));
  await Deno.writeTextFile(`${dataDir}/PG_VERSION`, "17\n");
  await Deno.truncate(`${dataDir}/global/pg_control`, 100);
  await assert.rejects(startPostgres({ dataDir, port: freePort() }), fails("database_broken"));
  await assert.rejects(startPostgres({ dataDir: home.path, port: freePort() }), fails("database_broken"));
});

Deno.test("a lock file whose process id went to another program does not keep the database from starting", async () => {
  await using home = await folder();
  const dataDir = `${home.path}/data`;
  const port = freePort();
  await (await startPostgres({ dataDir, port, durable: false })).stop();
  await Deno.writeTextFile(`${dataDir}/postmaster.pid`, `${Deno.ppid}\n${dataDir}\n1763668800\n${port}\n`);
  const server = await startPostgres({ dataDir, port, durable: false, patienceMs: 400 });
  await server.stop();
});

if (Deno.build.os === "linux" && Deno.uid() === 0) {
  Deno.test("root runs the server where user namespaces are closed, and takes it over where they are open", async () => {
    await using home = await folder();
    await Deno.chmod(home.path, 0o700);
    const dataDir = `${home.path}/data`;
    const closed = { prefix: ["false"], owner: 0 };
    assert.equal(await postgresAccount({ candidates: [closed, otherUser] }), otherUser);
    const asNobody = await startPostgres({ dataDir, port: freePort(), durable: false, account: otherUser });
    assert.equal((await Deno.stat(`${dataDir}/base`)).uid, otherUser.owner);
    await asNobody.stop();
    if (await postgresAccount() !== namespace) return;
    await using asRoot = await started(dataDir);
    await using sql = client(asRoot.url);
    assert.equal((await sql`select 1`).length, 1);
    await assert.rejects(postgresAccount({ candidates: [closed] }), fails("user_not_supported"));
  });
}
