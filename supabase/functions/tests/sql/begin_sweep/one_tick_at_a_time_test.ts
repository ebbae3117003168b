import assert from "node:assert/strict";
import type postgres from "postgres";
import { freshDatabase, type TestDatabase } from "../../fixtures/database.ts";

let database: TestDatabase;
let sql: postgres.Sql;

Deno.test.beforeEach(async () => {
  database = await freshDatabase();
  sql = database.sql;
});
Deno.test.afterEach(async () => await database[Symbol.asyncDispose]());

interface Run {
  run_id: string;
  started_at: Date;
}

const begin = async (budgetMs = 60_000) => (await sql<Run[]>`select * from begin_sweep(${budgetMs})`)[0];

async function finish(runId: string, lookedAt: Date | null): Promise<Date | null> {
  const [row] = await sql<{ again: Date | null }[]>`
    select finish_sweep(${runId}, '{"answered": 1}', ${lookedAt}) as again`;
  return row?.again ?? null;
}

async function begun(budgetMs?: number): Promise<Run> {
  const run = await begin(budgetMs);
  assert.ok(run, "another tick is at work");
  return run;
}

const runs = () =>
  sql<{ finished: boolean; counts: object }[]>`
    select finished_at is not null as finished, counts from sweep_runs order by id`;

/** The budget of the tick at work ends now. */
const budgetEnds = () => sql`update sweep_runs set works_until = clock_timestamp()`;

Deno.test("while a tick is at work no other begins; once it is over the next does", async () => {
  const first = await begun();
  assert.equal(await begin(), undefined);
  assert.equal((await runs()).length, 1);
  await finish(first.run_id, null);
  await begun();
  assert.deepEqual((await runs()).map((run) => ({ ...run })), [
    { finished: true, counts: { answered: 1 } },
    { finished: false, counts: {} },
  ]);
});

Deno.test("of many that begin at the same time one does", async () => {
  const ticks = await Promise.all(Array.from({ length: 12 }, () => begin()));
  assert.equal(ticks.filter((tick) => tick !== undefined).length, 1);
  assert.equal((await runs()).length, 1);
});

Deno.test("a dead tick keeps the next one away until its budget is over, and no longer", async () => {
  await begun();
  assert.equal(await begin(), undefined);
  await budgetEnds();
  await begun();
});

Deno.test("a budget of milliseconds is over after these", async () => {
  await begun(1);
  await sql`select pg_sleep(0.01)`;
  await begun();
});

Deno.test("a tick that was asked again is not over: it looks again from that moment, and then is", async () => {
  const { run_id, started_at } = await begun();
  await begin();
  const again = await finish(run_id, started_at);
  assert.ok(again && again >= started_at);
  // The answer may have been lost.
  assert.ok(await finish(run_id, started_at));
  assert.deepEqual((await runs()).map(({ finished }) => finished), [false]);
  await sql`select pg_sleep(0.01)`;
  const later = await finish(run_id, started_at);
  assert.equal(await finish(run_id, later), null);
  assert.deepEqual((await runs()).map((run) => ({ ...run })), [{ finished: true, counts: { answered: 1 } }]);
});

Deno.test("past its budget a tick is over, also when it was asked again", async () => {
  const { run_id, started_at } = await begun();
  await begin();
  await budgetEnds();
  assert.equal(await finish(run_id, started_at), null);
});

Deno.test("whoever asks while the tick at work ends is either heard by it or begins the next: nobody is sent away for nothing", async () => {
  for (let round = 0; round < 20; round++) {
    const { run_id, started_at } = await begun();
    const [again, next] = await Promise.all([finish(run_id, started_at), begin()]);
    assert.equal(again === null, next !== undefined, `round ${round}`);
    await sql`update sweep_runs set finished_at = clock_timestamp()`;
  }
});
