import assert from "node:assert/strict";
import { sender, startTestStack, type TestStack } from "../fixtures/test_stack.ts";

let recado: TestStack;

Deno.test.beforeAll(async () => {
  recado = await startTestStack();
});
Deno.test.afterAll(async () => await recado[Symbol.asyncDispose]());

/** Log lines that name this session's customer or one of its messages. */
function linesOf(event: string, field: string, value: string) {
  return recado.lines.filter((line) => line.event === event && line[field] === value);
}

async function sessionOf(customer: string): Promise<string> {
  const [row] = await recado.sql`select id from sessions where customer_address = ${customer}`;
  return row?.id;
}

Deno.test("six messages within a second are stored as six, read by one model call in order, and answered once", async () => {
  const { twilio, model, sql } = recado;
  const from = "whatsapp:+5511900000001";
  const burst = [
    "Oi!",
    "Tudo bem? 😊",
    "Vocês abrem domingo?",
    "Quero um bolo",
    "de cenoura",
    "para 10 pessoas",
  ];
  const calls = model.requests().length;

  const answers = await Promise.all(burst.map((body) => twilio.send({ from, body, profileName: "Zé" })));

  assert.deepEqual(answers.map(({ status }) => status), Array(6).fill(200));
  const [reply] = await twilio.accepted((message) => message.to === from);
  await recado.stack.events.happened(({ event, session_id, reason }) =>
    event === "batch_lock.released" && reason === "drained" && typeof session_id === "string"
  );
  assert.equal(twilio.messages().filter((message) => message.to === from).length, 1);
  assert.equal(model.requests().length, calls + 1);

  const stored = await sql`
    select m.body from messages m join sessions s on s.id = m.session_id
    where s.customer_address = ${from} and m.direction = 'inbound' order by m.seq`;
  assert.deepEqual(stored.map(({ body }) => body).sort(), [...burst].sort());
  const prompt = JSON.stringify(model.requests().at(-1)?.messages);
  const places = stored.map(({ body }) => prompt.indexOf(JSON.stringify(body).slice(1, -1)));
  assert(places.every((place) => place >= 0), "the model saw every message");
  assert.deepEqual(places, [...places].sort((a, b) => a - b), "in the order in which they are stored");
  assert(reply);

  const session = await sessionOf(from);
  const [acquired, ...others] = linesOf("batch_lock.acquired", "session_id", session);
  assert.equal(others.length, 0);
  const busy = linesOf("batch_lock.busy", "session_id", session);
  assert.equal(busy.length, 5);
  assert(busy.every((line) => line.lock_owner === acquired?.webhook_id), "the others name the holder");
});

Deno.test("a burst leaves nothing in the queue, and its conversation in progress", async () => {
  const { twilio, sql, stack } = recado;
  const from = "whatsapp:+5511900000002";
  await twilio.send({ from, body: "Bom dia" });
  await twilio.accepted((message) => message.to === from);
  const session = await sessionOf(from);
  await stack.events.happened(({ event, session_id }) =>
    event === "batch_lock.released" && session_id === session
  );
  const [left] = await sql`select
    (select count(*)::int from message_queue where session_id = ${session}) as queued,
    (select status from conversations where session_id = ${session}) as status,
    (select batch_lock_id from sessions where id = ${session}) as lock,
    (select array_agg(outcome) from reply_batches where session_id = ${session}) as batches`;
  assert.deepEqual({ ...left }, { queued: 0, status: "progress", lock: null, batches: ["completed"] });
});

Deno.test("one MessageSid delivered 20 times at once is stored and answered once, and says so 19 times", async () => {
  const { twilio, sql, lines } = recado;
  const from = "whatsapp:+5511900000003";
  const first = await twilio.send({ from, body: "Vocês entregam?", messageSid: "SM" + "a".repeat(32) });
  assert.equal(first.status, 200);
  const params = twilio.paramsOf(first.messageSid);
  assert(params);
  const sid = "SM" + "b".repeat(32);
  const answers = await twilio.deliver({ ...params, MessageSid: sid, SmsMessageSid: sid, SmsSid: sid }, {
    times: 20,
  });

  assert.deepEqual(answers.map(({ status }) => status), Array(20).fill(200));
  const [message] =
    await sql`select id, session_id, conversation_id from messages where message_sid = ${sid}`;
  const duplicates = lines.filter((line) => line.event === "message.duplicate" && line.message_sid === sid);
  assert.equal(duplicates.length, 19);
  for (const line of duplicates) {
    assert.equal(line.message, "Duplicate inbound message caught");
    assert.deepEqual(
      [line.message_id, line.session_id, line.conversation_id],
      [message?.id, message?.session_id, message?.conversation_id],
    );
  }
  await twilio.accepted((reply) => reply.to === from);
  await recado.stack.events.happened(({ event, session_id }) =>
    event === "batch_lock.released" && session_id === message?.session_id
  );
  assert.equal(twilio.messages().filter((reply) => reply.to === from).length, 1);
});

Deno.test("a customer whose address is no phone number is answered like any other", async () => {
  const { twilio } = recado;
  const from = "whatsapp:US.13491208655302741918";
  await twilio.send({ from, body: "Hello" });
  const [reply] = await twilio.accepted((message) => message.to === from);
  assert.equal(reply?.from, sender);
});

Deno.test("every kind of message is stored whole and described to the model", async () => {
  const { twilio, model, sql, stack } = recado;
  const from = "whatsapp:+5511900000005";
  await twilio.send({
    from,
    body: "olha só",
    media: [{ contentType: "image/jpeg" }, { contentType: "audio/ogg" }],
  });
  await twilio.send({
    from,
    location: { latitude: -23.5, longitude: -46.6, label: "Padaria", address: "Rua A, 1" },
  });
  await twilio.send({ from, button: { text: "Quero sim", payload: "yes-1" } });
  await twilio.send({ from, body: "", extra: { MessageType: "contacts", SomethingNew: "x" } });
  await twilio.accepted((message) => message.to === from);
  const session = await sessionOf(from);
  await stack.events.happened(({ event, session_id }) =>
    event === "batch_lock.released" && session_id === session
  );

  const rows =
    await sql`select kind, media, metadata from messages where session_id = ${session} and direction = 'inbound' order by seq`;
  assert.deepEqual(rows.map(({ kind }) => kind), ["media", "location", "button", "unknown"]);
  assert.equal(rows[0]?.media.length, 2);
  assert.equal(rows[2]?.metadata.ButtonPayload, "yes-1");
  assert.equal(rows[3]?.metadata.SomethingNew, "x");
  const prompt = JSON.stringify(
    model.requests().filter((call) => JSON.stringify(call.messages).includes("olha só")),
  );
  for (const part of ["image", "audio", "Rua A, 1", "Quero sim", "contacts"]) {
    assert(prompt.includes(part), `the model is told of ${part}`);
  }
});

Deno.test("the reply's delivery status follows Twilio's callbacks", async () => {
  const { twilio, sql } = recado;
  const from = "whatsapp:+5511900000006";
  await twilio.send({ from, body: "Oi" });
  const [reply] = await twilio.accepted((message) => message.to === from);
  await recado.stack.events.happened((line) =>
    line.event === "delivery.recorded" && line.message_sid === reply?.sid && line.status === "delivered"
  );
  const [row] = await sql`select delivery_status from messages where message_sid = ${reply?.sid ?? ""}`;
  assert.equal(row?.delivery_status, "delivered");
});
