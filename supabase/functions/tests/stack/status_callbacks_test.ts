import assert from "node:assert/strict";
import { getExpectedTwilioSignature } from "twilio/webhooks";
import { demo } from "stack/demo.ts";
import { localCredentialsKey } from "stack/local_keys.ts";
import type { TwilioFault } from "stack/twilio/faults.ts";
import { Secret } from "functions/_shared/runtime/secret.ts";
import { encryptAuthToken, parseCredentialsKeys } from "functions/_shared/twilio/credentials.ts";
import { createCustomer, type Customer, gatewayOf } from "../fixtures/customer.ts";
import { type EchoStack, startEchoStack } from "../fixtures/echo_stack.ts";
import { createStories } from "../fixtures/stories.ts";

let recado: EchoStack;
const { story, begin } = createStories();

Deno.test.beforeAll(async () => {
  recado = await startEchoStack();
  await recado.setGrace(2);
  begin();
});
Deno.test.afterAll(async () => await recado[Symbol.asyncDispose]());

interface Row {
  id: string;
  body: string;
  sid: string | null;
  evidence: string | null;
  status: string;
  error_code: number | null;
  attempt: number;
  second: string | null;
}

async function rowsOf({ address }: Customer): Promise<Row[]> {
  return await recado.sql<Row[]>`
    select m.id, m.body, m.message_sid as sid, m.message_sid_evidence as evidence, m.delivery_status as status,
      m.error_code, m.send_attempt as attempt, m.second_message_sid as second
    from messages m join sessions s on s.id = m.session_id
    where s.customer_address = ${address} and m.direction = 'outbound' order by m.seq`;
}

/** A customer who got a reply, the first part of which met these faults, once its status stands. */
async function answered(faults: TwilioFault[] = [], finalStatus = "delivered") {
  const customer = createCustomer();
  if (faults.length > 0) recado.twilio.inject(faults, { to: customer.address });
  await customer.write(customer.token(), [gatewayOf(recado.stack)]);
  // What comes after a part that does not arrive stays.
  const isLast = (body: string) => finalStatus === "undelivered" || body.startsWith("end ");
  await recado.twilio.accepted(({ to, body }) => to === customer.address && isLast(body));
  const [row] = await rowsOf(customer);
  if (finalStatus !== "") await reported(row?.id, finalStatus);
  assert(row);
  return { customer, id: row.id, sid: row.sid ?? "" };
}

const reported = (id: string | undefined, status: string) =>
  recado.stack.events.happened((line) =>
    line.event === "delivery.recorded" && line.message_id === id && line.status === status
  );

interface Report {
  sid: string;
  id: string;
  status: string;
  errorCode?: number;
  accountSid?: string;
  token?: string;
}

/** A status callback, signed as Twilio does; the HTTP status of its answer. */
async function report(callback: Report): Promise<number> {
  const { sid, id, status, errorCode, accountSid = demo.accountSid, token = demo.authToken } = callback;
  const url = `${recado.stack.publicFunctionsUrl}/message-status?message_id=${id}`;
  const params = {
    MessageSid: sid,
    MessageStatus: status,
    AccountSid: accountSid,
    From: demo.sender,
    ...(errorCode !== undefined && { ErrorCode: String(errorCode) }),
  };
  const headers = { "x-twilio-signature": getExpectedTwilioSignature(token, url, params) };
  const answer = await fetch(url, { method: "POST", headers, body: new URLSearchParams(params) });
  await answer.body?.cancel();
  return answer.status;
}

async function statusOf(id: string): Promise<string> {
  const [row] = await recado.sql`select delivery_status, error_code from messages where id = ${id}`;
  return [row?.delivery_status, row?.error_code].filter((part) => part !== null).join(" ");
}

/** Further messages of ours to this customer, which the next tick of the sweep posts. */
async function weWrite({ address }: Customer, ...bodies: string[]): Promise<void> {
  for (const body of bodies) {
    await recado.sql`
      insert into messages (owner_id, session_id, conversation_id, direction, author, body, delivery_status)
      select c.owner_id, c.session_id, c.id, 'outbound', 'operator', ${body}, 'pending'
      from conversations c join sessions s on s.id = c.session_id where s.customer_address = ${address}`;
  }
}

/** Once everything written to this customer has a SID. */
async function allSent(customer: Customer): Promise<Row[]> {
  const giveUpAt = performance.now() + 60_000;
  for (;;) {
    const rows = await rowsOf(customer);
    if (rows.every(({ sid }) => sid !== null)) return rows;
    assert(performance.now() < giveUpAt, "not all was sent within a minute");
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

story(
  "a callback that comes before the response teaches the SID, and the response takes nothing back",
  async () => {
    const { id } = await answered([{ kind: "callbacks", mode: "before_response" }]);
    const [row] = await recado.sql`
    select message_sid_evidence, send_attempt, second_message_sid from messages where id = ${id}`;
    assert.deepEqual({ ...row }, {
      message_sid_evidence: "callback",
      send_attempt: 1,
      second_message_sid: null,
    });
    assert.equal(await statusOf(id), "delivered");
  },
);

story("duplicated callbacks change nothing", async () => {
  const { id } = await answered([{ kind: "callbacks", mode: "duplicated" }]);
  await recado.stack.events.happened((line) =>
    line.event === "delivery.recorded" && line.message_id === id && line.outcome === "repeated" &&
    line.status === "delivered"
  );
  assert.equal(await statusOf(id), "delivered");
});

story("callbacks out of order move the status forward only", async () => {
  const { id } = await answered([{ kind: "callbacks", mode: "out_of_order" }]);
  assert.equal((await reported(id, "sent")).outcome, "repeated");
  assert.equal(await statusOf(id), "delivered");
});

story("a late error never overwrites a terminal status, and only `read` follows `delivered`", async () => {
  const { id, sid } = await answered();
  const seen: string[] = [];
  for (const status of ["failed", "undelivered", "sent", "read", "delivered", "failed"]) {
    assert.equal(await report({ id, sid, status, ...(status.includes("f") && { errorCode: 63013 }) }), 204);
    seen.push(await statusOf(id));
  }
  assert.deepEqual(seen, ["delivered", "delivered", "delivered", "read", "read", "read"]);
});

story("an undelivered message keeps its error, whatever is said later", async () => {
  const { id, sid } = await answered([{ kind: "undeliver", code: 63024 }], "undelivered");
  assert.equal(await statusOf(id), "undelivered 63024");
  for (const status of ["sent", "delivered", "read"]) await report({ id, sid, status });
  assert.equal(await statusOf(id), "undelivered 63024");
});

story("only the account of the message's sender may speak of it", async () => {
  const { id, sid } = await answered();
  const accountSid = `AC${"7".repeat(32)}`;
  const token = "another-tenants-token";
  const [key] = parseCredentialsKeys(localCredentialsKey);
  const encrypted = await encryptAuthToken(new Secret(token), accountSid, key);
  await recado.sql`
    with owner as (insert into owners (name, email) values ('Outra', 'outra@recado.test') returning id)
    insert into twilio_accounts (owner_id, account_sid, auth_token_encrypted)
    select id, ${accountSid}, ${encrypted} from owner`;

  const strange = { id, sid: `SM${"7".repeat(32)}`, status: "read" };
  assert.equal(await report({ ...strange, accountSid, token }), 204);
  assert.equal(await report({ ...strange, sid, accountSid, token }), 204);
  assert.equal(await report({ ...strange, sid, token }), 403);
  assert.equal(await statusOf(id), "delivered");
  const unknown = await recado.stack.events.happened(({ event }) => event === "delivery.unknown_message");
  assert.equal(unknown.message_id, id);
});

story("two identical messages in a row, the first of unknown outcome, are each sent once", async () => {
  await Promise.all([true, false].map(async (accepted) => {
    const { customer } = await answered();
    recado.twilio.inject([{ kind: "server_error", status: 502, accepted }, {
      kind: "callbacks",
      mode: "dropped",
    }], {
      to: customer.address,
    });
    await weWrite(customer, "Um momento", "Um momento");
    const rows = (await allSent(customer)).filter(({ body }) => body === "Um momento");
    assert.deepEqual(rows.map(({ evidence }) => evidence), [accepted ? "listing" : "response", "response"]);
    const sids = recado.twilio.messages()
      .filter(({ to, body }) => to === customer.address && body === "Um momento").map(({ sid }) => sid);
    assert.deepEqual(rows.map(({ sid }) => sid), sids, "each row has its own, in their order");
  }));
});

/** The same words to the same customer, posted by somebody else with the same account. */
async function somebodyElsePosts({ address }: Customer, body: string): Promise<string> {
  const answer = await fetch(`${recado.twilio.url}/2010-04-01/Accounts/${demo.accountSid}/Messages.json`, {
    method: "POST",
    headers: { authorization: `Basic ${btoa(`${demo.accountSid}:${demo.authToken}`)}` },
    body: new URLSearchParams({ To: address, From: demo.sender, Body: body }),
  });
  const { sid } = await answer.json();
  // Twilio's dates have whole seconds: what we post must be younger.
  await new Promise((resolve) => setTimeout(resolve, 1_000 - Date.now() % 1_000));
  return sid;
}

story("a callback overrules what was only a match in Twilio's list", async () => {
  const { customer } = await answered();
  const foreign = await somebodyElsePosts(customer, "Já vai");
  recado.twilio.inject([{ kind: "server_error", status: 502, accepted: true }, {
    kind: "callbacks",
    mode: "dropped",
  }], {
    to: customer.address,
  });
  await weWrite(customer, "Já vai");
  const matched = (await allSent(customer)).at(-1);
  assert.deepEqual([matched?.sid, matched?.evidence], [foreign, "listing"], "the oldest that fits");

  const ours = recado.twilio.messages().findLast(({ to }) => to === customer.address)?.sid ?? "";
  assert.equal(await report({ id: matched?.id ?? "", sid: ours, status: "delivered" }), 204);
  const proved = (await rowsOf(customer)).at(-1);
  assert.deepEqual(
    { sid: proved?.sid, evidence: proved?.evidence, status: proved?.status, second: proved?.second },
    { sid: ours, evidence: "callback", status: "delivered", second: null },
  );
});

story("a message that loses its matched SID to a proof elsewhere is unknown again, and sent", async () => {
  const { customer } = await answered();
  const foreign = await somebodyElsePosts(customer, "Já volto");
  const fault: TwilioFault = { kind: "server_error", status: 502, accepted: false };
  recado.twilio.inject(fault, { to: customer.address, times: 2 });
  await weWrite(customer, "Já volto", "Já volto");
  const [first, second] = (await rowsOf(customer)).slice(-2);
  assert(first && second);
  await recado.stack.events.happened((line) =>
    line.event === "send.unknown" && line.message_id === second.id
  );
  assert.equal((await rowsOf(customer)).at(-2)?.sid, foreign);

  assert.equal(await report({ id: second.id, sid: foreign, status: "sent" }), 204);
  const rows = (await allSent(customer)).slice(-2);
  assert.deepEqual(rows.map(({ evidence, attempt }) => ({ evidence, attempt })), [
    { evidence: "response", attempt: 2 },
    { evidence: "callback", attempt: 1 },
  ]);
  const sids = recado.twilio.messages().filter(({ body }) => body === "Já volto").map(({ sid }) => sid);
  assert.deepEqual(sids, [foreign, rows[0]?.sid]);
});
