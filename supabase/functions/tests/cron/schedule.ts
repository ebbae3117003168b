import assert from "node:assert/strict";
import type postgres from "postgres";
import { prepareDatabase } from "stack/migrations/migrate.ts";
import { startTestStack } from "../fixtures/test_stack.ts";
import { type CronCluster, cronDatabase, startCronCluster } from "./cluster.ts";
import { logUntil } from "../fixtures/log_until.ts";
import { startCourier } from "./courier.ts";

// No `_test.ts`: it needs Debian's pg_cron, so it is run by `deno task ci cron`. pg_net is a stand-in: its SQL an extension of that
// name, its worker the courier.

const schedule = new URL("../../../schemas/85_sweep/schedule.sql", import.meta.url);
const standIns = new URL("./stand_ins.sql", import.meta.url);

let cluster: CronCluster;
let url: string;
let sql: postgres.Sql;

Deno.test.beforeAll(async () => {
  cluster = await startCronCluster({ preload: true });
  ({ url, sql } = await cluster.open(cronDatabase));
  await sql.unsafe(await Deno.readTextFile(standIns));
  await prepareDatabase(url, { seed: true });
});
Deno.test.afterAll(async () => await cluster[Symbol.asyncDispose]());

const jobs = () =>
  sql<
    { jobname: string; schedule: string; command: string }[]
  >`select jobname, schedule, command from cron.job`;
const everyMinute = [{
  jobname: "recado-sweep",
  schedule: "* * * * *",
  command: "select private.call_sweep()",
}];

/** As the functions and the operator's commands call. */
function asService<T>(work: (sql: postgres.TransactionSql) => Promise<T>) {
  return sql.begin(async (transaction) => {
    await transaction`set local role service_role`;
    return await work(transaction);
  });
}

async function scheduled(seconds: number): Promise<string | null> {
  const [row] = await asService((as) =>
    as<{ schedule: string | null }[]>`
    select public.schedule_sweep(${seconds}) as schedule`
  );
  return row?.schedule ?? null;
}

Deno.test("the migrations alone put the sweep on the schedule, once", async () => {
  assert.deepEqual([...await jobs()], everyMinute);
});

const netSchema = async (database = sql) =>
  (await database`select extnamespace::regnamespace::text as name from pg_extension where extname = 'pg_net'`)[
    0
  ]?.name;

Deno.test("the migrations alone put pg_net into the schema of extensions, not into public", async () => {
  assert.equal(await netSchema(), "extensions");
});

Deno.test("where pg_net was preloaded and is not any more a call is but a notice", async () => {
  await sql`insert into vault.decrypted_secrets values
    ('recado_sweep_url', 'http://127.0.0.1:9/'), ('recado_internal_api_key', 'a key of sixteen')`;
  const called = await sql.begin(async (as) => {
    await as`set local pg_net.ttl = ''`;
    return await as`select private.call_sweep() as request`;
  });
  assert.deepEqual(called.map(({ request }) => request), [null]);
  assert.equal((await sql`select 1 from net.http_request_queue`).length, 0);
  await sql`delete from vault.decrypted_secrets`;
});

Deno.test("the schedule applied again changes nothing", async () => {
  await sql.unsafe(await Deno.readTextFile(schedule));
  assert.deepEqual([...await jobs()], everyMinute);
});

Deno.test("schedule_sweep retunes the one job, takes it off, and puts it back", async () => {
  assert.equal(await scheduled(600), "*/10 * * * *");
  assert.equal((await jobs()).length, 1);
  assert.equal(await scheduled(3_600), "0 * * * *");
  assert.equal(await scheduled(0), null);
  assert.equal((await jobs()).length, 0);
  await assert.rejects(scheduled(3_601), { code: "PT422" });
  await assert.rejects(scheduled(-1), { code: "PT422" });
  assert.equal(await scheduled(30), "* * * * *");
  assert.deepEqual([...await jobs()], everyMinute);
});

const versions = [
  ["1.4", "* * * * *"],
  ["1.4-1", "* * * * *"],
  ["1.5", "30 seconds"],
  ["1.6", "30 seconds"],
  ["1.6.4", "30 seconds"],
  ["1.10", "30 seconds"],
  ["2.0", "30 seconds"],
] as const;
for (const [version, schedule] of versions) {
  Deno.test(`with pg_cron ${version} the sweep runs at ${schedule}`, async () => {
    const undo = new Error("undo");
    const attempt = sql.begin(async (as) => {
      await as`set local allow_system_table_mods = on`;
      await as`update pg_extension set extversion = ${version} where extname = 'pg_cron'`;
      // This one's own would refuse seconds.
      await as`
        create or replace function cron.schedule(job_name text, schedule text, command text) returns bigint
        language sql as $$ select 1::bigint $$`;
      const [row] = await as`select public.schedule_sweep() as schedule`;
      assert.equal(row?.schedule, schedule);
      throw undo;
    });
    await assert.rejects(attempt, undo);
  });
}

Deno.test("the sweep is dead after three intervals of its schedule, whatever they are", async () => {
  const deadAfter = async (minutes: number) => {
    await sql`truncate public.sweep_runs`;
    await sql`insert into public.sweep_runs (started_at, finished_at)
      select at, at from (select clock_timestamp() - make_interval(mins => ${minutes}) as at) ticked`;
    const [health] = await asService((as) => as`select is_dead from public.sweep_health`);
    return health?.is_dead;
  };
  assert.deepEqual([await deadAfter(2), await deadAfter(4)], [false, true]);
  await scheduled(600);
  assert.deepEqual([await deadAfter(29), await deadAfter(31)], [false, true]);
  await scheduled(30);
  await sql`truncate public.sweep_runs`;
});

Deno.test("until the Vault has both secrets a call is but a notice", async () => {
  await sql`insert into vault.decrypted_secrets values ('recado_sweep_url', 'http://127.0.0.1:9/')`;
  const [called] = await sql`select private.call_sweep() as request`;
  assert.equal(called?.request, null);
  await sql`delete from vault.decrypted_secrets`;
  assert.equal((await sql`select 1 from net.http_request_queue`).length, 0);
});

Deno.test("what our own job did more than a week ago is forgotten, ended or not, also under a former number", async () => {
  const sweep = "select private.call_sweep()";
  const [job] = await sql`select jobid from cron.job where jobname = 'recado-sweep'`;
  const [theirs] = await sql`select cron.schedule('nightly', '0 3 1 1 *', ${sweep}) as jobid`;
  const runs: [runid: number, jobid: unknown, command: string, days: number | null, ended: boolean][] = [
    [-9, job?.jobid, sweep, null, false],
    [-8, job?.jobid, sweep, 8, true],
    [-7, job?.jobid, sweep, 8, false],
    [-6, job?.jobid, sweep, 6, true],
    [-5, job?.jobid, sweep, 0, false],
    [-4, 900_001, sweep, 8, true],
    [-3, 900_001, "select 1", 8, true],
    [-2, theirs?.jobid, sweep, 8, true],
    [-1, theirs?.jobid, sweep, 8, false],
  ];
  for (const [runid, jobid, command, days, ended] of runs) {
    await sql`
      insert into cron.job_run_details (runid, jobid, command, start_time, end_time)
      select ${runid}, ${jobid as number}, ${command}, at, case when ${ended} then at end
      from (select now() - make_interval(days => ${days})) as ran (at)`;
  }
  const [counts] = await asService((as) => as`select cron_runs from public.sweep_housekeeping(90)`);
  assert.equal(counts?.cron_runs, 4);
  const left = await sql`delete from cron.job_run_details where runid < 0 returning runid::integer`;
  assert.deepEqual(left.map(({ runid }) => runid).sort((a, b) => a - b), [-6, -5, -3, -2, -1]);
  await sql`select cron.unschedule('nightly')`;
});

Deno.test("in a database that pg_cron does not belong to nothing is scheduled and nothing breaks", async () => {
  await sql`create database other`;
  const other = await cluster.open("other");
  await prepareDatabase(other.url, { seed: true });
  await assertUnscheduled(other.sql);
});

Deno.test("where pg_cron and pg_net are installed but not preloaded nothing is scheduled and nothing breaks", async () => {
  await using unloaded = await startCronCluster({ preload: false });
  const database = await unloaded.open(cronDatabase);
  await prepareDatabase(database.url, { seed: true });
  await assertUnscheduled(database.sql);
  assert.equal(await netSchema(database.sql), undefined);
});

async function assertUnscheduled(database: postgres.Sql) {
  await database.unsafe(await Deno.readTextFile(schedule));
  const [row] = await database.begin(async (as) => {
    await as`set local role service_role`;
    return await as`
      select public.schedule_sweep() as schedule, private.call_sweep() as request,
        (select h.schedule from public.sweep_health h) as in_force,
        (select k.cron_runs from public.sweep_housekeeping(90) k) as cron_runs`;
  });
  assert.deepEqual({ ...row }, { schedule: null, request: null, in_force: null, cron_runs: 0 });
  assert.equal((await database`select 1 from pg_extension where extname = 'pg_cron'`).length, 0);
}

async function callsGoTo(address: string, key: string): Promise<void> {
  await sql`insert into vault.decrypted_secrets (name, decrypted_secret) values
    ('recado_sweep_url', ${address}), ('recado_internal_api_key', ${key})
    on conflict (name) do update set decrypted_secret = excluded.decrypted_secret`;
}

Deno.test("the job runs on its own, and by nothing else a conversation goes idle and expires", async () => {
  await using recado = await startTestStack({ databaseUrl: url });
  await callsGoTo(`${recado.stack.url}/functions/v1/sweep-conversations`, recado.stack.internalApiKey);
  const courier = await startCourier(sql);
  try {
    const from = "whatsapp:+5511900000001";
    await recado.twilio.send({ from, body: "Oi" });
    await recado.twilio.accepted((message) => message.to === from);
    await recado.stack.events.happened(({ event }) => event === "batch_lock.released");

    const aged = async (minutes: number, to: string) => {
      await sql`update public.conversations
        set updated_at = updated_at - make_interval(mins => ${minutes}), sweep_at = clock_timestamp()`;
      const ticks = courier.deliveries.all().length;
      const tick = (await courier.deliveries.reached(ticks + 1, { timeoutMs: 90_000 })).at(-1);
      assert.deepEqual([tick?.status, tick?.timeoutMs], [202, 5_000]);
      // The tick is acknowledged before it begins.
      await logUntil(
        recado.stack.events,
        async () => (await sql`select from public.conversations where status = ${to}`).length === 1,
      );
    };
    await aged(61, "idle_timeout");
    await aged(1_440, "expired");

    const history = await sql`
      select to_status, changed_by from public.conversation_state_history order by version`;
    assert.deepEqual(history.map((row) => [row.to_status, row.changed_by]), [
      ["progress", "assistant"],
      ["idle_timeout", "sweep"],
      ["expired", "sweep"],
    ]);
    await logUntil(
      recado.stack.events,
      async () => (await sql`select from public.sweep_runs where finished_at is null`).length === 0,
    );
    const [health] = await asService((as) => as`select * from public.sweep_health`);
    assert.equal(health?.schedule, "* * * * *");
    assert.equal(health?.is_dead, false);
    assert(health?.last_fired_at instanceof Date);
    const runs = await sql`select distinct status from cron.job_run_details where end_time is not null`;
    assert.deepEqual(runs.map(({ status }) => status), ["succeeded"]);
  } finally {
    await courier.stop();
  }
});
