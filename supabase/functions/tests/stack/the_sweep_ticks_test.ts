import assert from "node:assert/strict";
import { startTestStack, type TestStack } from "../fixtures/test_stack.ts";
import { callSweep } from "../fixtures/sweep.ts";
import { conversation, letTimePass, talk, write } from "../fixtures/conversations.ts";
import { freshAddress } from "../fixtures/customer_address.ts";

let recado: TestStack;

Deno.test.beforeAll(async () => {
  recado = await startTestStack({ quietWindowMs: 0 });
});
Deno.test.afterAll(async () => await recado[Symbol.asyncDispose]());

interface Health {
  is_dead: boolean;
  late_seconds: number;
  overdue_conversations: number;
  overdue_messages: number;
  last_finished_at: Date | null;
}

async function health(): Promise<Health> {
  const [row] = await recado.sql<Health[]>`
    select is_dead, late_seconds::float, overdue_conversations::integer, overdue_messages::integer, last_finished_at
    from public.sweep_health`;
  assert(row);
  return row;
}

const runs = () =>
  recado.sql<{ finished: boolean; late_seconds: number; counts: Record<string, number> }[]>`
    select finished_at is not null as finished, late_seconds::float, counts from public.sweep_runs order by id`;

/** The clocks of everything go back, as if nothing had ticked for so long. */
async function nothingTicksFor(minutes: number) {
  await recado.sql`
    update public.sweep_runs
    set started_at = started_at - make_interval(mins => ${minutes}),
      works_until = works_until - make_interval(mins => ${minutes}),
      finished_at = finished_at - make_interval(mins => ${minutes})`;
}

const tick = async () => (await recado.sweep()).counts;

const stale = async (minutes: number) => {
  const talked = await talk(recado.sql);
  await letTimePass(recado.sql, talked.session_id, `${minutes} minutes`);
  return talked.id;
};
const statusOf = async (id: string) => (await conversation(recado.sql, id)).status;

Deno.test("before the first tick the sweep counts as dead", async () => {
  const { is_dead, last_finished_at } = await health();
  assert.deepEqual({ is_dead, last_finished_at }, { is_dead: true, last_finished_at: null });
});

Deno.test("without the right key a sweep is 401 and does nothing", async () => {
  const id = await stale(60);
  const key = recado.stack.internalApiKey;
  const wrong = [null, "", "x", key.slice(0, -1), `${key}x`, key.toUpperCase()];
  for (const given of wrong) {
    const answer = await fetch(`${recado.stack.url}/functions/v1/sweep-conversations`, {
      method: "POST",
      headers: given === null ? {} : { "x-internal-api-key": given },
    });
    assert.equal(answer.status, 401);
    await answer.body?.cancel();
  }
  assert.equal(await statusOf(id), "progress");
  assert.equal((await runs()).length, 0);
});

Deno.test("a tick moves what is due, and records its counts and how late it was", async () => {
  const expiring = await stale(25 * 60);
  const counts = await tick();
  assert.deepEqual([counts.idled, counts.expired], [1, 1]);
  assert.equal(await statusOf(expiring), "expired");
  const [run] = (await runs()).slice(-1);
  assert(run?.finished);
  assert.deepEqual([run.counts.idled, run.counts.expired], [1, 1]);
  assert(Math.abs(run.late_seconds - 24 * 3_600) < 60, `${run.late_seconds} s late`);
  const { is_dead, overdue_conversations, late_seconds } = await health();
  assert.deepEqual({ is_dead, overdue_conversations, late_seconds }, {
    is_dead: false,
    overdue_conversations: 0,
    late_seconds: 0,
  });
});

Deno.test("a sweep that fails for ten ticks shows as dead, and the next good tick catches up", async () => {
  const { sql } = recado;
  const ids = [await stale(60), await stale(60), await stale(25 * 60)];
  const before = (await runs()).length;
  await sql`alter function public.sweep_conversations(integer) rename to sweep_conversations_gone`;
  try {
    for (let ticks = 0; ticks < 10; ticks++) {
      await assert.rejects(recado.sweep(), /The sweep failed/);
      await nothingTicksFor(1);
    }
  } finally {
    await sql`alter function public.sweep_conversations_gone(integer) rename to sweep_conversations`;
  }
  const failed = (await runs()).slice(before);
  assert.deepEqual(failed.map(({ finished }) => finished), Array(10).fill(false));
  await nothingTicksFor(5);
  const dead = await health();
  assert.deepEqual([dead.is_dead, dead.overdue_conversations], [true, 3]);

  const counts = await tick();
  assert.deepEqual([counts.idled, counts.expired], [2, 1]);
  assert.deepEqual(await Promise.all(ids.map(statusOf)), ["idle_timeout", "idle_timeout", "expired"]);
  const alive = await health();
  assert.deepEqual([alive.is_dead, alive.overdue_conversations], [false, 0]);
});

Deno.test("a sweep that did not tick for an hour shows how late it is, catches up, and leaves it on record", async () => {
  const id = await stale(120);
  const from = freshAddress();
  const { session_id } = await write(recado.sql, from);
  await recado.sql`
    update public.message_queue
    set created_at = created_at - interval '1 hour', available_at = available_at - interval '1 hour'
    where session_id = ${session_id}`;
  await nothingTicksFor(60);
  const late = await health();
  assert.deepEqual([late.is_dead, late.overdue_conversations, late.overdue_messages], [true, 1, 1]);
  assert(late.late_seconds >= 3_600 && late.late_seconds < 3_700, `${late.late_seconds} s late`);

  const counts = await tick();
  assert.deepEqual([counts.idled, counts.answered], [1, 1]);
  assert.equal(await statusOf(id), "idle_timeout");
  assert.equal(recado.twilio.messages().filter(({ to }) => to === from).length, 1);
  const [run] = (await runs()).slice(-1);
  assert(run && run.late_seconds >= 3_600, "the record says how late it was");
  const caughtUp = await health();
  assert.deepEqual([caughtUp.is_dead, caughtUp.late_seconds], [false, 0]);
});

Deno.test("the idle message goes out once, by the tick that finds the conversation idle", async () => {
  await recado.sql`update public.assistants set idle_message = 'Ainda está aí?'`;
  const from = freshAddress();
  const { session_id } = await talk(recado.sql, from);
  await letTimePass(recado.sql, session_id, "60 minutes");
  const counts = await tick();
  assert.deepEqual([counts.idled, counts.idleMessages], [1, 1]);
  await tick();
  const sent = recado.twilio.messages().filter(({ to }) => to === from);
  assert.deepEqual(sent.map(({ body }) => body), ["Ainda está aí?"]);
});

Deno.test("of ticks at the same time one works, and does nothing twice", async () => {
  const ids = await Promise.all(Array.from({ length: 60 }, () => stale(60)));
  const before = (await runs()).length;
  const answers = await Promise.all([1, 2, 3].map(() => callSweep(recado.stack)));
  for (const answer of answers) assert.equal(answer.status, 202, await answer.text());
  await tick();
  const counts = (await runs()).slice(before).map((run) => run.counts);
  assert.equal(counts.reduce((sum, { idled = 0 }) => sum + idled, 0), 60);
  assert.equal(counts.reduce((sum, { idleMessages = 0 }) => sum + idleMessages, 0), 60);
  assert.equal(new Set(await Promise.all(ids.map(statusOf))).size, 1);
  await tick();
  const said = recado.twilio.messages().filter(({ body }) => body === "Ainda está aí?");
  assert.equal(said.length, 61, "and the one of before");
  assert.equal(new Set(said.map(({ to }) => to)).size, 61);
});

Deno.test("beside a model that hangs a tick is acknowledged at once, further ones leave, and what they came for is done", async () => {
  const { sql, model, stack, twilio } = recado;
  const [slow, late] = [freshAddress(), freshAddress()];
  const before = (await runs()).length;
  const answer = Promise.withResolvers<void>();
  model.next({ kind: "held", until: answer.promise, to: "Devagar" });
  const writeEarlier = async (from: string, body: string) => {
    const { session_id } = await write(sql, from, { body });
    await sql`update public.message_queue set created_at = created_at - interval '1 minute' where session_id = ${session_id}`;
  };
  await writeEarlier(slow, "Devagar");
  const calls = model.requests().length;
  await (await callSweep(stack)).body?.cancel();
  await model.called(calls + 1);

  await writeEarlier(late, "E eu?");
  const acknowledged = await callSweep(stack);
  assert.equal(acknowledged.status, 202, await acknowledged.text());
  await twilio.accepted(({ to }) => to === late);
  assert.deepEqual(
    (await runs()).slice(before).map(({ finished }) => finished),
    [false],
    "by the tick at work",
  );
  answer.resolve();
  await twilio.accepted(({ to }) => to === slow);
});
