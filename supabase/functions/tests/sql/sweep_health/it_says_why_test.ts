import assert from "node:assert/strict";
import type postgres from "postgres";
import { databaseWithCron, internalApiKey, sweepUrl } from "../../cron/with_cron.ts";
import type { TestDatabase } from "../../fixtures/database.ts";

let database: TestDatabase;
let sql: postgres.Sql;

interface Reason {
  reason: string;
  detail: string | null;
}

/** All is well: scheduled, called, answered, and a run finished just now. */
Deno.test.beforeEach(async () => {
  database = await databaseWithCron();
  sql = database.sql;
  await sql`insert into public.sweep_runs (finished_at) values (clock_timestamp())`;
  await answered({ status: 202 });
});
Deno.test.afterEach(async () => await database[Symbol.asyncDispose]());

/** A call by the schedule, and what became of it as pg_net keeps it. */
async function answered(
  { status = null, error = null, timedOut = false }: {
    status?: number | null;
    error?: string | null;
    timedOut?: boolean;
  },
) {
  const [call] = await sql`select private.call_sweep() as id`;
  await sql`
    insert into net._http_response (id, status_code, error_msg, timed_out)
    values (${call?.id}, ${status}, ${error}, ${timedOut})`;
}

const setSecret = (name: string, value: string) =>
  sql`update vault.decrypted_secrets set decrypted_secret = ${value} where name = ${name}`;
const forget = (name: string) => sql`delete from vault.decrypted_secrets where name = ${name}`;

async function lastRun(minutesAgo: number, { finished = true } = {}) {
  await sql`truncate public.sweep_runs`;
  await sql`
    insert into public.sweep_runs (started_at, finished_at)
    select at, case when ${finished} then at end
    from (select clock_timestamp() - make_interval(mins => ${minutesAgo}) as at) ticked`;
}

async function reasons(): Promise<Reason[]> {
  const [health] = await database.as(
    "service_role",
    (as) => as<{ reasons: Reason[] }[]>`select reasons from public.sweep_health`,
  );
  assert.ok(health);
  for (const { detail } of health.reasons) {
    assert.ok(detail && !detail.includes(internalApiKey) && !detail.includes(sweepUrl), `${detail}`);
  }
  return health.reasons;
}
const named = async () => (await reasons()).map(({ reason }) => reason);

Deno.test("where all is well there is no reason", async () => {
  assert.deepEqual(await named(), []);
});

const url = "recado_sweep_url";
const key = "recado_internal_api_key";
const faults: Record<string, { plant: () => Promise<unknown>; named: string[] }> = {
  "the address is missing": { plant: () => forget(url), named: ["url_missing"] },
  "the key is missing": { plant: () => forget(key), named: ["key_missing"] },
  "both are missing": {
    plant: () => sql`delete from vault.decrypted_secrets`,
    named: ["url_missing", "key_missing"],
  },
  "<ref> is left in the address": {
    plant: () => setSecret(url, "https://<ref>.supabase.co/functions/v1/sweep-conversations"),
    named: ["url_malformed"],
  },
  "the address has no https": {
    plant: () => setSecret(url, "abc.supabase.co/functions/v1/sweep-conversations"),
    named: ["url_malformed"],
  },
  "the address has another scheme": {
    plant: () => setSecret(url, "ftp://abc.supabase.co/sweep-conversations"),
    named: ["url_malformed"],
  },
  "the address ends in a line's end": {
    plant: () => setSecret(url, `${sweepUrl}\n`),
    named: ["url_malformed"],
  },
  "the key is fifteen characters long": {
    plant: () => setSecret(key, "a".repeat(15)),
    named: ["key_malformed"],
  },
  "the key is what README printed": {
    plant: () => setSecret(key, "<the INTERNAL_API_KEY from above>"),
    named: ["key_malformed"],
  },
  "the key is another": { plant: () => answered({ status: 401 }), named: ["key_refused"] },
  "the function answers 500": { plant: () => answered({ status: 500 }), named: ["function_failed"] },
  "there is no such function": { plant: () => answered({ status: 404 }), named: ["function_missing"] },
  "the function is down": {
    plant: () => answered({ error: "Couldn't connect to server" }),
    named: ["call_failed"],
  },
  "the function hangs": {
    plant: () => answered({ timedOut: true, error: "Timeout of 5000 ms reached. Total time: 5001 ms" }),
    named: ["call_timed_out"],
  },
  "the schedule is off": { plant: () => sql`select public.schedule_sweep(0)`, named: ["schedule_off"] },
  "the job is not active": { plant: () => sql`update cron.job set active = false`, named: ["schedule_off"] },
  "pg_cron is absent, and nothing else calls": {
    plant: async () => {
      await withoutCron();
      await lastRun(10);
    },
    named: ["pg_cron_absent", "last_run_old"],
  },
  "pg_net is absent": { plant: () => sql`drop schema net cascade`, named: ["pg_net_absent"] },
  "the Vault is absent": { plant: () => sql`drop schema vault cascade`, named: ["vault_absent"] },
  "the last run is old": { plant: () => lastRun(10), named: ["last_run_old"] },
  "no run ever finished": { plant: () => sql`truncate public.sweep_runs`, named: ["never_ran"] },
  "runs begin and do not finish": {
    plant: () => lastRun(1, { finished: false }),
    named: ["runs_unfinished"],
  },
  "pg_net leaves calls lying": {
    plant: async () => {
      await sql`select private.call_sweep()`;
      await sql`update private.sweep_calls set called_at = clock_timestamp() - interval '3 minutes'`;
      await sql`truncate net._http_response`;
    },
    named: ["call_unanswered"],
  },
  "the job fails": {
    plant: () =>
      sql`
      insert into cron.job_run_details (jobid, status, return_message)
      select jobid, 'failed', 'ERROR:  no such scheme: ' || ${sweepUrl} || E'\nCONTEXT: ' || ${internalApiKey} from cron.job`,
    named: ["schedule_failed"],
  },
};

async function withoutCron() {
  await sql.begin(async (as) => {
    await as`set local allow_system_table_mods = on`;
    await as`delete from pg_extension where extname = 'pg_cron'`;
    await as`drop schema cron cascade`;
  });
}

for (const [fault, { plant, named: expected }] of Object.entries(faults)) {
  Deno.test(`${fault}: ${expected.join(", ")}`, async () => {
    await plant();
    assert.deepEqual(await named(), expected);
  });
}

Deno.test("without pg_cron, what another clock calls is well as long as it runs", async () => {
  await withoutCron();
  await sql`drop schema vault, net cascade`;
  assert.deepEqual(await named(), []);
});

Deno.test("what other applications' calls came to is theirs, and the last of ours counts", async () => {
  await sql`update net._http_response set id = 900001, status_code = 500`;
  assert.deepEqual(await named(), []);
  await answered({ status: 500 });
  await answered({ status: 202 });
  assert.deepEqual(await named(), []);
});

Deno.test("an answer older than the call, of a number that was given out twice, is not its own", async () => {
  await sql`update net._http_response set status_code = 500, created = now() - interval '1 hour'`;
  assert.deepEqual(await named(), []);
});

Deno.test("a text with the address or the key in it comes without them", async () => {
  await answered({ error: `no ${sweepUrl} with ${internalApiKey} here` });
  assert.deepEqual(await reasons(), [
    { reason: "call_failed", detail: "no <recado_sweep_url> with <recado_internal_api_key> here" },
  ]);
});
