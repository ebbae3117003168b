import assert from "node:assert/strict";
import { getExpectedTwilioSignature } from "twilio/webhooks";
import { accountSid, authToken, sender, startTestStack, type TestStack } from "../fixtures/test_stack.ts";
import { logUntil } from "../fixtures/log_until.ts";

let recado: TestStack;
Deno.test.beforeAll(async () => {
  recado = await startTestStack({ quietWindowMs: 0, maxWaitMs: 0 });
});
Deno.test.afterAll(async () => await recado[Symbol.asyncDispose]());
Deno.test.afterEach(async () => {
  await recado.sql`update owners set daily_model_calls = null`;
  await recado.sql`update assistants set max_inbound_per_minute = default`;
});

let count = 0;
async function post(more: Record<string, string>, { length = 0 } = {}) {
  const url = `${recado.stack.publicFunctionsUrl}/receive-whatsapp-message`;
  const params: Record<string, string> = {
    MessageSid: `SM${(++count).toString(16).padStart(32, "0")}`,
    AccountSid: accountSid,
    From: "whatsapp:+5511955550000",
    To: sender,
    Body: "Oi",
    NumMedia: "0",
    ...more,
  };
  const bare = new URLSearchParams({ ...params, Filler: "" }).toString().length;
  if (length > 0) params.Filler = "a".repeat(length - bare);
  const response = await fetch(url, {
    method: "POST",
    headers: { "x-twilio-signature": getExpectedTwilioSignature(authToken, url, params) },
    body: new URLSearchParams(params),
  });
  await response.body?.cancel();
  const [row] = await recado.sql`
    select count(*)::int as stored from messages where message_sid = ${params.MessageSid ?? ""}`;
  return { status: response.status, stored: row?.stored };
}

/** Nothing of this customer's is due, its lock is free and all was sent. */
const settled = (customer: string) =>
  logUntil(recado.stack.events, async () => {
    const [row] = await recado.sql`
      select s.batch_lock_id is null
        and not exists (select from message_queue q where q.session_id = s.id and q.available_at <= clock_timestamp())
        and not exists (select from messages m where m.session_id = s.id and m.delivery_status = 'pending') as idle
      from sessions s where s.customer_address = ${customer}`;
    return row?.idle === true;
  });

const sentTo = (customer: string) => recado.twilio.messages().filter(({ to }) => to === customer);
const promptsWith = (text: string) =>
  recado.model.requests().map(({ messages }) => JSON.stringify(messages)).filter((prompt) =>
    prompt.includes(text)
  );

Deno.test("a body of 64 KiB is taken, one byte more is refused, and nothing of it stored", async () => {
  assert.deepEqual(await post({}, { length: 64 * 1024 }), { status: 200, stored: 1 });
  assert.deepEqual(await post({}, { length: 64 * 1024 + 1 }), { status: 413, stored: 0 });
});

Deno.test("a thousand parameters are taken, one more is refused, and nothing of it stored", async () => {
  const many = (total: number) =>
    Object.fromEntries(Array.from({ length: total - 6 }, (_, nth) => [`Parameter${nth}`, "x"]));
  assert.deepEqual(await post(many(1_000)), { status: 200, stored: 1 });
  assert.deepEqual(await post(many(1_001)), { status: 400, stored: 0 });
});

Deno.test("what a customer writes beyond the rate is stored, flagged and answered later, in order and whole", async () => {
  const { sql, twilio } = recado;
  const from = "whatsapp:+5511955551111";
  const other = "whatsapp:+5511955551112";
  await sql`update assistants set max_inbound_per_minute = 3`;
  // The rate counts by the minute: all eight are to fall into one.
  await sql`select pg_sleep(case when extract(second from clock_timestamp()) > 40
    then 60.01 - extract(second from clock_timestamp()) else 0 end)`;
  const bodies = Array.from({ length: 8 }, (_, nth) => `rate-${nth}`);
  for (const body of bodies) assert.equal((await twilio.send({ from, body })).status, 200);
  assert.equal((await twilio.send({ from: other, body: "not limited" })).status, 200);
  await settled(from);
  await settled(other);
  assert.equal(sentTo(other).length, 1, "the other customer is answered");

  const [session] = await sql`
    select rate_limited_until > clock_timestamp() as limited,
      (select count(*)::int from messages m where m.session_id = s.id and m.direction = 'inbound') as stored,
      (select count(*)::int from message_queue q where q.session_id = s.id) as waiting
    from sessions s where customer_address = ${from}`;
  assert.deepEqual({ ...session }, { limited: true, stored: 8, waiting: 5 });
  assert.deepEqual(promptsWith("rate-3"), [], "the model has not seen what is beyond");
  assert.ok(sentTo(from).length >= 1 && promptsWith("rate-2").length >= 1);

  // The sweep leaves what is younger than a second to its webhook.
  await sql`update message_queue set created_at = created_at - interval '1 minute'`;
  const answered = sentTo(from).length;
  await recado.sweep();
  assert.equal(sentTo(from).length, answered, "nor does the sweep take it early");

  // The next minute.
  await sql`
    update message_queue q set available_at = clock_timestamp() from sessions s
    where s.id = q.session_id and s.customer_address = ${from}`;
  await sql`update sessions set rate_limited_until = clock_timestamp() where customer_address = ${from}`;
  await recado.sweep();
  await settled(from);
  assert.equal(sentTo(from).length, answered + 1);
  const [prompt = ""] = promptsWith("rate-7");
  const places = bodies.slice(3).map((body) => prompt.indexOf(body));
  assert.ok(places.every((place) => place > 0));
  assert.deepEqual(places, places.toSorted((a, b) => a - b));
  const [left] = await sql`
    select count(*)::int from message_queue q join sessions s on s.id = q.session_id where s.customer_address = ${from}`;
  assert.equal(left?.count, 0);
});

Deno.test("at the daily cap of model calls customers are told once, and answered the next day", async () => {
  const { sql, twilio, model } = recado;
  const from = "whatsapp:+5511955552222";
  const [used] = await sql`select coalesce(sum(calls), 0)::int as calls from model_calls`;
  await sql`update owners set daily_model_calls = ${used?.calls + 1}`;
  await twilio.send({ from, body: "cap-0" });
  await settled(from);
  assert.equal(sentTo(from).length, 1);
  const calls = model.requests().length;

  for (const body of ["cap-1", "cap-2", "cap-3"]) {
    assert.equal((await twilio.send({ from, body })).status, 200);
    await settled(from);
  }
  await sql`update message_queue set created_at = created_at - interval '2 seconds'`;
  await recado.sweep();
  await settled(from);
  assert.equal(model.requests().length, calls, "the model is not called");
  const told = "Obrigado pela mensagem. Atingimos o nosso limite de hoje e responderemos amanhã.";
  assert.deepEqual(sentTo(from).slice(1).map(({ body }) => body), [told]);
  const [waiting] = await sql`
    select count(*)::int, bool_and(available_at = date_trunc('day', clock_timestamp() at time zone 'utc')
      at time zone 'utc' + interval '1 day') as tomorrow
    from message_queue q join sessions s on s.id = q.session_id where s.customer_address = ${from}`;
  assert.deepEqual({ ...waiting }, { count: 3, tomorrow: true });

  // The next day.
  await sql`update model_calls set day = day - 1`;
  await sql`update sessions set cap_told_on = cap_told_on - 1`;
  await sql`update message_queue set available_at = available_at - interval '1 day'`;
  await recado.sweep();
  await settled(from);
  assert.equal(model.requests().length, calls + 1);
  assert.equal(sentTo(from).length, 3);
  const prompt = promptsWith("cap-3")[0] ?? "";
  const places = ["cap-1", "cap-2", "cap-3"].map((body) => prompt.indexOf(body));
  assert.ok(places.every((place) => place > 0));
  assert.deepEqual(places, places.toSorted((a, b) => a - b));
});
