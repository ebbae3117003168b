import assert from "node:assert/strict";
import { parseArgs } from "node:util";
import { freshSid } from "../fixtures/conversations.ts";
import { callSweep } from "../fixtures/sweep.ts";
import { accountSid, sender, startTestStack, type TestStack } from "../fixtures/test_stack.ts";

// Many conversations due at once: how ticks get on with them, one after the other and called as often as anybody likes, and what
// inbound messages notice of it.

const { values } = parseArgs({
  options: { conversations: { type: "string", default: "100000" }, rate: { type: "string", default: "10" } },
});
const due = Number(values.conversations);
/** Inbound messages a second, the same without a sweep and beside one. */
const rate = Number(values.rate);
const calmSeconds = 10;
/** What a tick may take beyond its budget: its first question, its last step, housekeeping and its record. */
const slackMs = 2_000;

await using recado = await startTestStack({ quietWindowMs: 0 });
const budgetMs = 30_000 * 2 / 3;
const { sql } = recado;

await createDue(recado);
await sql`vacuum analyze public.conversations, public.sessions`;
console.log(`${due} conversations are due; ${rate} messages a second`);

const warm = await writeFor(recado, (elapsed) => elapsed >= 3_000);
const calm = await writeFor(recado, (elapsed) => elapsed >= calmSeconds * 1_000);
console.log(`without a sweep  ${pairs(calm)}`);

let working = true;
const [beside, ticks] = await Promise.all([writeFor(recado, () => !working), sweepAll(recado)]);
console.log(`beside sweeps    ${pairs(beside)}`);

const moved = ticks.reduce((sum, { idled, expired }) => sum + idled + expired, 0);
const written = warm.acknowledged + calm.acknowledged + beside.acknowledged;
const [counted] = await sql`
  select
    (select count(*)::integer from public.conversation_state_history where changed_by = 'sweep') as history,
    (select count(distinct (conversation_id, to_status))::integer from public.conversation_state_history
     where changed_by = 'sweep') as moves,
    (select count(*)::integer from public.conversations where sweep_at <= clock_timestamp()) as left,
    (select count(*)::integer from public.messages where author = 'customer') as stored`;
const slowest = Math.max(...ticks.map(({ tookMs }) => tookMs));
const rates = ticks.filter(({ tookMs }) => tookMs > 1_000).map(({ idled, expired, tookMs }) =>
  (idled + expired) / tookMs * 1_000
);
console.log(pairs({
  ticks: ticks.length,
  moved,
  "slowest tick ms": slowest,
  "budget ms": budgetMs,
  "a second, least": Math.round(Math.min(...rates)),
  "a second, most": Math.round(Math.max(...rates)),
}));

assert.equal(counted?.left, 0, "nothing is left");
assert.deepEqual(
  [counted?.history, counted?.moves],
  [moved, moved],
  "every move is counted by one tick and made once",
);
assert(moved > due * 0.9 && moved <= due, "those who wrote meanwhile apart, all have moved");
assert.equal(counted?.stored, written, "every acknowledged message is stored");
assert.equal(calm.refused + beside.refused, 0, "every message is acknowledged");
assert(Math.min(...rates) > Math.max(...rates) / 5, "progress is steady");
assert(slowest < budgetMs + slackMs, `a tick took ${slowest} ms`);

/** Half of them are to go idle, half to expire. */
async function createDue({ sql }: TestStack) {
  await sql`
    with sessions as (
      insert into public.sessions (owner_id, sender, customer_address, last_inbound_at)
      select n.owner_id, n.address, 'whatsapp:+5521' || lpad(g::text, 9, '0'), now() - interval '2 hours'
      from public.senders n, generate_series(1, ${due}::integer) g
      where n.address = ${sender}
      returning id, owner_id, customer_address
    )
    insert into public.conversations (owner_id, session_id, status, version, started_at, updated_at, sweep_at)
    select
      owner_id, id, 'progress', 2, now() - interval '3 days',
      now() - case right(customer_address, 1)::integer % 2 when 0 then interval '2 hours' else interval '2 days' end,
      now() - interval '1 minute'
    from sessions`;
}

interface Writing {
  acknowledged: number;
  refused: number;
  "p50 ms": number;
  "p99 ms": number;
}

/**
 * At a steady rate until `enough`, half of it from new customers and half from those whose conversations are due. The time is
 * that of the whole webhook.
 */
async function writeFor({ twilio }: TestStack, enough: (elapsedMs: number) => boolean): Promise<Writing> {
  const took: number[] = [];
  let refused = 0;
  const under: Promise<void>[] = [];
  const began = performance.now();
  const write = async (index: number) => {
    const sid = freshSid();
    const number = Number(sid.slice(2));
    // The factor is prime, so that they are spread over all that is due.
    const from = index % 2 === 0
      ? `+5531${number}`
      : `+5521${String(number * 7_919 % due + 1).padStart(9, "0")}`;
    const since = performance.now();
    const [answer] = await twilio.deliver({
      MessageSid: sid,
      SmsMessageSid: sid,
      SmsSid: sid,
      AccountSid: accountSid,
      ApiVersion: "2010-04-01",
      From: `whatsapp:${from}`,
      To: sender,
      Body: "Oi",
      NumMedia: "0",
      MessageType: "text",
    });
    took.push(performance.now() - since);
    if (answer?.status !== 200) refused++;
  };
  for (let sent = 0; !enough(performance.now() - began); sent++) {
    under.push(write(sent));
    const next = began + (sent + 1) * 1_000 / rate;
    await new Promise((resolve) => setTimeout(resolve, next - performance.now()));
  }
  await Promise.all(under);
  took.sort((a, b) => a - b);
  const at = (share: number) => Math.round(took[Math.floor(took.length * share)] ?? NaN);
  return { acknowledged: took.length - refused, refused, "p50 ms": at(0.5), "p99 ms": at(0.99) };
}

interface Tick {
  idled: number;
  expired: number;
  tookMs: number;
}

/** One right after the other, until there is nothing left. Calls meanwhile are sent away, or have the tick go on. */
async function sweepAll({ stack, sweep, sql }: TestStack): Promise<Tick[]> {
  const impatient = async () => {
    while (working) {
      const answer = await callSweep(stack);
      assert.equal(answer.status, 202, await answer.text());
      await new Promise((resolve) => setTimeout(resolve, 1_000));
    }
  };
  const calling = impatient();
  for (let left = due; left > 0;) {
    const { counts: { idled, expired, rescheduled }, tookMs } = await sweep();
    const [row] = await sql`
      select count(*)::integer as left from public.conversations where sweep_at <= clock_timestamp()`;
    left = row?.left;
    console.log(`  tick   ${pairs({ idled, expired, rescheduled, tookMs: Math.round(tookMs), left })}`);
  }
  working = false;
  await calling;
  return await sql<Tick[]>`
    select (counts->>'idled')::integer as idled, (counts->>'expired')::integer as expired,
      (1000 * extract(epoch from finished_at - started_at))::integer as "tookMs"
    from sweep_runs where finished_at is not null`;
}

function pairs(fields: object): string {
  return Object.entries(fields).map(([name, value]) => `${name} ${value}`).join(", ");
}
