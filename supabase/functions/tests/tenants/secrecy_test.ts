import assert from "node:assert/strict";
import { getExpectedTwilioSignature } from "twilio/webhooks";
import { accountSid, sender, startTestStack, type TestStack } from "../fixtures/test_stack.ts";
import { allRows } from "../fixtures/all_rows.ts";
import { logUntil } from "../fixtures/log_until.ts";
import { callSweep } from "../fixtures/sweep.ts";

const secrets = {
  TWILIO_AUTH_TOKEN: "recognisable-twilio-token-5d1f",
  OPENAI_API_KEY: "sk-recognisable-openai-key-77c2",
  INTERNAL_API_KEY: "recognisable-internal-key-90ab",
  CREDENTIALS_KEY: btoa("recognisable-credentials-key-32b"),
};
const wrongToken = "recognisable-wrong-token-1c4e";
/** Every customer's address begins like this. */
const addresses = "whatsapp:+551198765";
const words = "recognisable words of a customer";
const reply = "recognisable words of an assistant";

/** As they might be written: plain, as the user and password of Basic, base64 of either, the key's own bytes. */
const spellings = [
  ...Object.values(secrets),
  ...Object.values(secrets).map((secret) => btoa(secret)),
  ...[secrets.TWILIO_AUTH_TOKEN, wrongToken].map((token) => btoa(`${accountSid}:${token}`)),
  ...["recognisable-credentials-key-32b", wrongToken],
];

let recado: TestStack;
let model: Deno.HttpServer<Deno.NetAddr>;
let refusals = 0;

Deno.test.beforeAll(async () => {
  // Refuses as many calls as it is told, and says which key it was given, as OpenAI does in part.
  model = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, async (request) => {
    const authorization = request.headers.get("authorization") ?? "";
    await request.body?.cancel();
    if (refusals-- > 0) {
      const key = authorization.replace("Bearer ", "");
      const error = {
        message: `Incorrect API key provided: ${key}.`,
        type: "invalid_request_error",
        param: null,
        code: "invalid_api_key",
      };
      return Response.json({ error }, { status: 401 });
    }
    const message = { role: "assistant", content: reply };
    const usage = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 };
    const choices = [{ index: 0, message, finish_reason: "stop" }];
    return Response.json({ id: "c", object: "chat.completion", created: 1, model: "m", choices, usage });
  });
  recado = await startTestStack({
    twilioAuthToken: secrets.TWILIO_AUTH_TOKEN,
    internalApiKey: secrets.INTERNAL_API_KEY,
    credentialsKey: secrets.CREDENTIALS_KEY,
    functionEnv: {
      OPENAI_API_KEY: secrets.OPENAI_API_KEY,
      OPENAI_BASE_URL: `http://127.0.0.1:${model.addr.port}/v1`,
      MAX_ATTEMPTS: "2",
    },
  });
});
Deno.test.afterAll(async () => {
  await recado[Symbol.asyncDispose]();
  await model.shutdown();
});

let count = 0;
async function post(body: string, token: string, name = "receive-whatsapp-message") {
  const url = `${recado.stack.publicFunctionsUrl}/${name}`;
  const params = {
    MessageSid: `SM${(++count).toString(16).padStart(32, "0")}`,
    AccountSid: accountSid,
    From: addresses + String(count).padStart(4, "0"),
    To: sender,
    Body: body,
    NumMedia: "0",
  };
  const response = await fetch(url, {
    method: "POST",
    headers: { "x-twilio-signature": getExpectedTwilioSignature(token, url, params) },
    body: new URLSearchParams(params),
  });
  return { status: response.status, text: await response.text() };
}

const settled = () =>
  logUntil(recado.stack.events, async () => {
    const [row] = await recado.sql`
      select (select count(*) from message_queue where status <> 'dead' and available_at <= now())
        + (select count(*) from sessions where batch_lock_id is not null) as open`;
    return row?.open === "0";
  });

const answers: string[] = [];

Deno.test("the paths that fail are taken, and tell the caller no secret", async () => {
  const { twilio, sql } = recado;
  const said = async (body: string, token: string, status: number, name?: string) => {
    const answer = await post(body, token, name);
    answers.push(answer.text);
    assert.ok(
      status === answer.status || (status === 503 && answer.status === 500),
      `${body}: ${answer.status}`,
    );
  };

  await said(words, secrets.TWILIO_AUTH_TOKEN, 200);
  await settled();
  await said(`${words}, signed wrong`, wrongToken, 403);
  await said(`${words}, signed wrong`, wrongToken, 403, "message-status");
  await said(`${words}\ud83d, half a character`.replace("\ud83d", "\0"), secrets.TWILIO_AUTH_TOKEN, 200);
  await settled();

  refusals = 1;
  await said(`${words}, model 401`, secrets.TWILIO_AUTH_TOKEN, 200);
  await settled();

  for (const fault of [{ kind: "reject", code: 20003 }, { kind: "reject", code: 63016 }] as const) {
    twilio.inject(fault);
    await said(`${words}, Twilio ${fault.code}`, secrets.TWILIO_AUTH_TOKEN, 200);
    await settled();
  }
  twilio.inject({ kind: "server_error", status: 500, accepted: true });
  await said(`${words}, Twilio 500`, secrets.TWILIO_AUTH_TOKEN, 200);
  await settled();

  // PostgreSQL's detail of a failed check holds the whole row.
  await sql`alter table messages add constraint refused check (body not like '%, refused') not valid`;
  await said(`${words}, refused`, secrets.TWILIO_AUTH_TOKEN, 503);
  await sql`alter table messages drop constraint refused`;
  await sql`alter function ingest_inbound_message rename to elsewhere`;
  await said(`${words}, no function`, secrets.TWILIO_AUTH_TOKEN, 503);
  await sql`alter function elsewhere rename to ingest_inbound_message`;

  const wrongKey = await fetch(`${recado.stack.url}/functions/v1/sweep-conversations`, {
    method: "POST",
    headers: { "x-internal-api-key": wrongToken },
  });
  answers.push(await wrongKey.text());
  assert.ok([401, 403].includes(wrongKey.status));
  answers.push(await (await callSweep(recado.stack)).text(), JSON.stringify(await recado.sweep()));
  await settled();

  assert.ok(refusals <= 0, "the model refused");
  const refusedSends = twilio.requests().filter(({ answer }) =>
    answer === 401 || answer === 400 || answer === 500
  );
  assert.equal(refusedSends.length, 3, "and so did Twilio");
});

Deno.test("no answer, no table and no log line of a function holds a secret", async () => {
  const rows = await allRows(recado.sql);
  assert.ok(rows.get("public.messages")?.some((text) => text.includes(words)), "the rows are read");
  const lines = recado.lines.map((line) => JSON.stringify(line));
  assert.ok(lines.length > 30, "the log is read");
  const everything = [...answers, ...lines, ...[...rows.values()].flat()];
  for (const spelling of spellings) {
    const found = everything.filter((text) => text.includes(spelling));
    assert.deepEqual(found, [], spelling);
  }
});

Deno.test("no log line at info or above holds a customer's address or the words of a message", () => {
  const lines = recado.lines.filter(({ level }) => level !== "debug").map((line) => JSON.stringify(line));
  assert.ok(lines.some((line) => /whatsapp:…\d{4}"/.test(line)), "the address is masked");
  for (const secret of [addresses, addresses.slice("whatsapp:+".length), words, reply]) {
    assert.deepEqual(lines.filter((line) => line.includes(secret)), [], secret);
  }
});
