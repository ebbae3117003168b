import assert from "node:assert/strict";
import type postgres from "postgres";
import { prepareDatabase } from "stack/migrations/migrate.ts";
import { Arrivals } from "stack/events/arrivals.ts";
import { write } from "../fixtures/conversations.ts";
import { logUntil } from "../fixtures/log_until.ts";
import { startTestStack, type TestStack } from "../fixtures/test_stack.ts";
import { type CronCluster, cronDatabase, startCronCluster } from "./cluster.ts";
import { type Courier, startCourier } from "./courier.ts";

// No `_test.ts`: it needs Debian's pg_cron, so it is run by `deno task ci cron`. What other applications of the same project notice
// of our calls: pg_net's one worker, for which the courier stands in, sends nothing until the slowest request of a batch is over.

const standIns = new URL("./stand_ins.sql", import.meta.url);

let cluster: CronCluster;
let url: string;
let sql: postgres.Sql;
let courier: Courier;

Deno.test.beforeAll(async () => {
  cluster = await startCronCluster({ preload: true });
  ({ url, sql } = await cluster.open(cronDatabase));
  await sql.unsafe(await Deno.readTextFile(standIns));
  await prepareDatabase(url, { seed: true });
});
Deno.test.afterAll(async () => await cluster[Symbol.asyncDispose]());
Deno.test.beforeEach(async () => {
  await sql`delete from vault.decrypted_secrets`;
  courier = await startCourier(sql);
});
Deno.test.afterEach(async () => await courier.stop());

/** An application of somebody else's, reached by pg_net. */
function startOtherApplication() {
  const requests = new Arrivals<string>("request of the other application");
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, async (request) => {
    requests.add(await request.text());
    return new Response();
  });
  return {
    requests,
    ask: () => sql`select net.http_post('http://127.0.0.1:' || ${server.addr.port}::text || '/')`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

/** A server that takes every request and answers when it is told to. */
function startHangingServer() {
  const taken = new Arrivals<string>("request that hangs");
  const answer = Promise.withResolvers<void>();
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, async (request) => {
    taken.add(request.url);
    await answer.promise;
    return new Response();
  });
  return {
    url: `http://127.0.0.1:${server.addr.port}/`,
    taken,
    answer: () => answer.resolve(),
    [Symbol.asyncDispose]: async () => {
      answer.resolve();
      await server.shutdown();
    },
  };
}

/** So that the next test finds no tick at work. */
const isOver = ({ stack }: TestStack) =>
  logUntil(
    stack.events,
    async () => (await sql`select from sweep_runs where finished_at is null`).length === 0,
  );

const callsGoTo = (address: string, key: string) =>
  sql`insert into vault.decrypted_secrets (name, decrypted_secret) values
    ('recado_sweep_url', ${address}), ('recado_internal_api_key', ${key})`;

Deno.test("the courier, as pg_net, keeps everybody waiting for the slowest request of a batch", async () => {
  await using hanging = startHangingServer();
  await using other = startOtherApplication();
  await sql`select net.http_post(${hanging.url}, timeout_milliseconds := 60000)`;
  await hanging.taken.reached(1);
  await other.ask();
  await sql`select pg_sleep(2)`;
  assert.equal(other.requests.all().length, 0);
  hanging.answer();
  await other.requests.reached(1, { timeoutMs: 5_000 });
});

Deno.test("beside a model that hangs in a tick that pg_cron fired, another application's request leaves within 6 s", async () => {
  await using recado = await startTestStack({ databaseUrl: url });
  await using other = startOtherApplication();
  const answer = Promise.withResolvers<void>();
  try {
    recado.model.next({ kind: "held", until: answer.promise, to: "Devagar" });
    const { session_id } = await write(sql, "whatsapp:+5511900000002", { body: "Devagar" });
    await sql`update message_queue set created_at = created_at - interval '1 minute' where session_id = ${session_id}`;
    await callsGoTo(`${recado.stack.url}/functions/v1/sweep-conversations`, recado.stack.internalApiKey);
    await recado.model.called(1, { timeoutMs: 90_000 });
    const [fired] =
      await sql`select count(*)::integer as jobs from cron.job_run_details where command like '%call_sweep%'`;
    assert.ok(fired?.jobs > 0, "nobody but pg_cron called");

    const since = performance.now();
    await other.ask();
    await other.requests.reached(1, { timeoutMs: 6_000 });
    console.log(`beside a hanging model: after ${Math.round(performance.now() - since)} ms`);
    const [run] = await sql`select finished_at from sweep_runs order by id desc limit 1`;
    assert.equal(run?.finished_at, null, "the tick is still at work");
  } finally {
    answer.resolve();
    await isOver(recado);
  }
});

Deno.test("twelve calls that come at once are one tick's work, and another application's request does not wait for it", async () => {
  await using recado = await startTestStack({ databaseUrl: url });
  await using other = startOtherApplication();
  const answer = Promise.withResolvers<void>();
  try {
    recado.model.next({ kind: "held", until: answer.promise, to: "Devagar, de novo" });
    const { session_id } = await write(sql, "whatsapp:+5511900000003", { body: "Devagar, de novo" });
    await sql`update message_queue set created_at = created_at - interval '1 minute' where session_id = ${session_id}`;
    const [before] = await sql`select count(*)::integer as runs from sweep_runs`;
    await callsGoTo(`${recado.stack.url}/functions/v1/sweep-conversations`, recado.stack.internalApiKey);
    await sql`select private.call_sweep() from generate_series(1, 12)`;
    await recado.model.called(1);
    await courier.deliveries.reached(12);
    await other.ask();
    await other.requests.reached(1, { timeoutMs: 6_000 });
    const [after] = await sql`select count(*)::integer as runs from sweep_runs`;
    assert.equal(after?.runs, before?.runs + 1);
    const calls = courier.deliveries.all().slice(0, 12);
    assert.deepEqual(calls.map(({ status }) => status), Array(12).fill(202));
  } finally {
    answer.resolve();
    await isOver(recado);
  }
});

Deno.test("a function that answers nothing at all holds others up for its time limit and pg_net's pause, and no longer", async () => {
  await using hanging = startHangingServer();
  await using other = startOtherApplication();
  await callsGoTo(hanging.url, "a key of sixteen");
  await sql`select private.call_sweep()`;
  await hanging.taken.reached(1);
  const since = performance.now();
  await other.ask();
  await other.requests.reached(1, { timeoutMs: 8_000 });
  console.log(`beside a function that hangs: after ${Math.round(performance.now() - since)} ms`);
  const [response] = await sql`select timed_out from net._http_response where timed_out`;
  assert.ok(response, "the call timed out");
});
