import assert from "node:assert/strict";
import postgres from "postgres";
import { assertNothingLeft, processesWith } from "./tests/left_behind.ts";
import { threeFreePorts } from "stack/processes/ports.ts";
import { asUsersDo, bare, startCommand } from "./tests/started_command.ts";

const ignore = Deno.build.os !== "linux";

/** Whether an earlier run left its mark in the database; leaves one. */
async function remembers(database: string): Promise<boolean> {
  const sql = postgres(database, { max: 1, onnotice: () => {} });
  try {
    const [{ before }] = await sql<
      [{ before: string | null }]
    >`select to_regclass('private.mark')::text as before`;
    await sql`create schema if not exists private`;
    await sql`create table if not exists private.mark ()`;
    return before !== null;
  } finally {
    await sql.end();
  }
}

Deno.test("the stack keeps its data and leaves no process, however it ends", { ignore }, async (t) => {
  const folder = await Deno.makeTempDir({ prefix: "recado-start-" });
  const port = threeFreePorts();
  const here = { folder, port };
  try {
    await t.step("Ctrl-C reaches the whole process group", async () => {
      const started = startCommand(asUsersDo, here);
      const { url, database, pids } = await started.ready;
      assert.equal(url, `http://127.0.0.1:${port}`);
      assert.equal(await remembers(database), false);
      const left = processesWith(folder).map(({ pid }) => pid);
      assert.ok(
        [pids.postgres, ...pids.functions].every((pid) => left.includes(pid)),
        "the mark finds our processes",
      );
      Deno.kill(-started.pid, "SIGINT");
      await assertNothingLeft(folder);
      await started.status;
    });

    await t.step(
      "TERM reaches npx alone; the data of the earlier run is there; a second start finds its ports busy",
      async () => {
        const started = startCommand(asUsersDo, here);
        assert.equal(await remembers((await started.ready).database), true);

        const second = startCommand(bare, { folder: `${folder}-second`, port });
        assert.equal((await second.status).code, 1);
        assert.equal(second.stderr.length, 1, second.stderr.join("\n"));
        assert.match(
          second.stderr[0] ?? "",
          new RegExp(`^Ports ${port} .*${port + 1}.* are already in use: .*PORT`),
        );

        Deno.kill(started.pid, "SIGTERM");
        await assertNothingLeft(folder);
        await started.status;
      },
    );

    await t.step("KILL ends npx alone", async () => {
      const started = startCommand(asUsersDo, here);
      await started.ready;
      Deno.kill(started.pid, "SIGKILL");
      await assertNothingLeft(folder);
      await started.status;
    });

    await t.step("KILL ends the stack itself; --fresh has forgotten the data", async () => {
      const started = startCommand(bare, { ...here, args: ["--fresh"] });
      assert.equal(await remembers((await started.ready).database), false);
      Deno.kill(started.pid, "SIGKILL");
      await assertNothingLeft(folder);
      await started.status;
    });

    await t.step("TERM reaches the stack itself while it starts", async () => {
      const started = startCommand(bare, here);
      while (!started.stdout.some((line) => line.includes("part.ready"))) {
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      Deno.kill(started.pid, "SIGTERM");
      assert.equal((await started.status).code, 0, started.stderr.join("\n"));
      await assertNothingLeft(folder);
    });
  } finally {
    processesWith(folder).forEach(({ pid }) => Deno.kill(pid, "SIGKILL"));
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a mistake is told in one sentence, without a stack trace", async (t) => {
  const folder = await Deno.makeTempDir({ prefix: "recado-start-" });
  const port = threeFreePorts();
  const failing = async (what: { args?: string[]; env?: Record<string, string> }) => {
    const started = startCommand(bare, { folder, port, ...what });
    assert.equal((await started.status).code, 1);
    assert.equal(started.stderr.length, 1, started.stderr.join("\n"));
    return started.stderr[0] ?? "";
  };
  try {
    await t.step("malformed settings, all named at once", async () => {
      const told = await failing({ env: { DATABASE_URL: "nonsense", SWEEP_SECONDS: "often" } });
      assert.match(told, /DATABASE_URL .*SWEEP_SECONDS /);
    });
    await t.step("a database that cannot be reached", async () => {
      const told = await failing({
        env: { DATABASE_URL: `postgres://nobody@127.0.0.1:${port + 1}/nothing` },
      });
      assert.match(told, /database/i);
    });
    await t.step("a database folder that is no database", async () => {
      await Deno.mkdir(`${folder}/postgres`);
      await Deno.writeTextFile(`${folder}/postgres/PG_VERSION`, "17\n");
      assert.match(await failing({}), /database/i);
    });
    await t.step("an argument that does not exist", async () => {
      assert.match(await failing({ args: ["--frash"] }), /--frash/);
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
