import assert from "node:assert/strict";
import postgres from "postgres";
import { createClient } from "@supabase/supabase-js";
import { demo } from "./demo.ts";
import { assertNothingLeft } from "../tests/left_behind.ts";
import { assertPortsFree, freePort, threeFreePorts } from "./processes/ports.ts";
import { startPostgres } from "./postgres/server.ts";
import { testSettings } from "./settings.ts";
import { startStack } from "./stack.ts";

const linux = Deno.build.os === "linux";

/** Longer than any wait below: nothing here is settled by a lease that ran out. */
const functionEnv = { BATCH_LOCK_SECONDS: "120" };
const patient = { timeoutMs: 60_000 };

async function temporaryFolder(): Promise<{ path: string } & AsyncDisposable> {
  const path = await Deno.makeTempDir({ prefix: "recado-stack-" });
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}

async function endLeases(databaseUrl: string): Promise<void> {
  const sql = postgres(databaseUrl, { max: 1, onnotice: () => {} });
  await sql`update public.sessions set batch_lock_until = clock_timestamp() where batch_lock_id is not null`;
  await sql.end();
}

Deno.test("a stack of one's own", async (t) => {
  await using folder = await temporaryFolder();
  const dataDir = folder.path;
  const stack = await startStack(
    // The sweep ticks: a message may be acknowledged just before its answering fails on a connection that broke.
    testSettings({
      dataDir,
      durable: true,
      quietWindowMs: 100,
      maxWaitMs: 400,
      functionEnv,
      sweepTicks: true,
      sweepSeconds: 1,
    }),
  );
  const { twilio, model, events } = stack;
  assert.ok(twilio && model);
  /** Whoever dies before this leaves a lease that somebody must wait for. */
  const released = async () => {
    const sql = postgres(stack.databaseUrl, { max: 1, onnotice: () => {} });
    const giveUpAt = performance.now() + patient.timeoutMs;
    for (;;) {
      const [row] =
        await sql`select count(*)::int as held from public.sessions where batch_lock_id is not null`;
      if (row?.held === 0) return await sql.end();
      assert.ok(performance.now() < giveUpAt, "the lease was let go");
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  const connectedAgain = async () => {
    const client = createClient(stack.url, stack.keys.secret);
    const giveUpAt = performance.now() + patient.timeoutMs;
    while ((await client.from("senders").select("address")).error) {
      assert.ok(performance.now() < giveUpAt, "the Data API found the database again");
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  try {
    await t.step("answers /health with the live process ids", async () => {
      const answer = await fetch(`${stack.url}/health`);
      assert.equal(answer.status, 200);
      const { ready, pids } = await answer.json();
      assert.equal(ready, true);
      assert.equal(pids.functions.length, stack.functions.length);
      assert.equal(typeof pids.postgres, "number");
    });

    await t.step("gives the demo tenant the values that were asked for", async () => {
      const sql = postgres(stack.databaseUrl, { max: 1 });
      const rows = await sql`select quiet_window_ms, max_wait_ms from public.assistants`;
      await sql.end();
      assert.deepEqual([...rows], [{ quiet_window_ms: 100, max_wait_ms: 400 }]);
    });

    await t.step("serves supabase-js with either pair of keys, and shows a stranger nothing", async () => {
      const read = async (key: string) => {
        const { data, error } = await createClient(stack.url, key).from("senders").select("address");
        return error?.code ?? data;
      };
      const { keys } = stack;
      assert.deepEqual(await read(keys.secret), [{ address: demo.sender }]);
      assert.deepEqual(await read(keys.serviceRole), [{ address: demo.sender }]);
      assert.equal(await read(keys.publishable), "42501");
      assert.equal(await read(keys.anon), "42501");
    });

    await t.step("answers a signed webhook through Twilio", async () => {
      const answer = await twilio.send({ from: "whatsapp:+5511987654321", body: "Oi! 👋" });
      assert.equal(answer.status, 200);
      const [reply] = await twilio.accepted(1, patient);
      assert.equal(reply?.to, "whatsapp:+5511987654321");
      assert.equal(model.requests().length, 1);
      await released();
    });

    await t.step("starts its functions again when they are killed", async () => {
      const before = stack.pids().functions;
      stack.killFunctions();
      await Promise.all(
        stack.functions.map((name) =>
          events.happened(({ event, part }) => event === "part.restarted" && part === name, patient)
        ),
      );
      assert.equal(stack.health().ready, true);
      assert.ok(stack.pids().functions.every((pid) => !before.includes(pid)));
      const answer = await twilio.send({ from: "whatsapp:+5511987654321", body: "Ainda aí?" });
      assert.equal(answer.status, 200);
      await twilio.accepted(2, patient);
      await released();
    });

    await t.step("starts PostgreSQL again when it is killed, and loses nothing", async () => {
      const { postgres: before } = stack.pids();
      assert.ok(before);
      Deno.kill(before, "SIGKILL");
      await events.happened(({ event, part }) => event === "part.restarted" && part === "postgres", patient);
      assert.notEqual(stack.pids().postgres, before);
      await connectedAgain();
      // Whoever loses a connection that broke may leave a lease behind: then its end has come.
      const unsubscribe = events.subscribe(({ event }) => {
        if (event === "response.failed" || event === "batch_lock.release_failed") {
          void endLeases(stack.databaseUrl);
        }
      });
      const answer = await twilio.send({ from: "whatsapp:+5511987654321", body: "E agora?" });
      assert.equal(answer.status, 200);
      await twilio.accepted(3, patient);
      unsubscribe();
    });

    await t.step(
      "hands unfinished work back when it ends, and finishes it after the next start",
      async () => {
        const from = "whatsapp:US.13491208655302741918";
        model.next({ kind: "hang" });
        await twilio.send({ from, body: "Vocês abrem domingo?" });
        await model.called(4, patient);
        await stack.stop();
        const next = await startStack(
          testSettings({ dataDir, durable: true, sweepTicks: true, sweepSeconds: 1 }),
        );
        try {
          const [reply] = await next.twilio?.accepted(({ to }) => to === from, patient) ?? [];
          assert.ok(reply, "nobody waited for the lease of the dead");
        } finally {
          await next.stop();
        }
      },
    );
  } finally {
    await stack.stop();
    if (linux) await assertNothingLeft(dataDir);
  }
});

Deno.test("a stack on a database of one's own starts no PostgreSQL", async () => {
  await using folder = await temporaryFolder();
  const dataDir = folder.path;
  const [first, database] = [threeFreePorts(), freePort()];
  const server = await startPostgres({ dataDir: `${dataDir}/elsewhere`, port: database, durable: false });
  try {
    const ports = { gateway: first, database: first + 1, page: first + 2 };
    const stack = await startStack(
      testSettings({ dataDir, ports, databaseUrl: server.url, quietWindowMs: 50 }),
    );
    try {
      assert.equal(stack.pids().postgres, null);
      await assertPortsFree({ PostgreSQL: ports.database });
      await stack.twilio?.send({ from: "whatsapp:+5511987654321", body: "Oi!" });
      await stack.twilio?.accepted(1, patient);
    } finally {
      await stack.stop();
    }
  } finally {
    await server.stop();
  }
});
