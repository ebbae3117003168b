import assert from "node:assert/strict";
import { getExpectedTwilioSignature } from "twilio/webhooks";
import { logUntil } from "../fixtures/log_until.ts";
import { startTwoTenants, tenantA, tenantB, type TwoTenantStack } from "./two_tenant_stack.ts";

let recado: TwoTenantStack;
Deno.test.beforeAll(async () => {
  recado = await startTwoTenants();
});
Deno.test.afterAll(async () => await recado[Symbol.asyncDispose]());

const from = "whatsapp:+5511933333333";
let count = 0;

interface Forged {
  accountSid: string;
  to: string;
  token: string;
  sid?: string;
}

async function post({ accountSid, to, token, sid }: Forged) {
  const params = {
    MessageSid: sid ?? `SM${(++count).toString(16).padStart(32, "0")}`,
    AccountSid: accountSid,
    From: from,
    To: to,
    Body: "for whom?",
    NumMedia: "0",
  };
  const response = await fetch(recado.webhookUrl, {
    method: "POST",
    headers: { "x-twilio-signature": getExpectedTwilioSignature(token, recado.webhookUrl, params) },
    body: new URLSearchParams(params),
  });
  await response.body?.cancel();
  return { status: response.status, sid: params.MessageSid };
}

/** All that belongs to tenant B, as text. */
async function ownedByB(): Promise<string> {
  const rows = await recado.sql`
    with b as (select owner_id as id from senders where address = ${tenantB.sender})
    select s::text from sessions s where owner_id = (select id from b)
    union all select c::text from conversations c where owner_id = (select id from b)
    union all select m::text from messages m where owner_id = (select id from b)
    union all select q::text from message_queue q join messages m on m.id = q.message_id
      where m.owner_id = (select id from b)
    order by 1`;
  return JSON.stringify(rows);
}

/** Nothing is queued, no lock is held, and what was sent has arrived. */
const settled = () =>
  logUntil(recado.stack.events, async () => {
    const [row] = await recado.sql`
      select (select count(*) from message_queue where status <> 'dead')
        + (select count(*) from sessions where batch_lock_id is not null)
        + (select count(*) from messages where direction = 'outbound' and delivery_status <> 'delivered') as open`;
    return row?.open === "0";
  });

Deno.test("the same customer at two tenants has two sessions, locks, histories and prompts", async () => {
  const { twilioA, twilioB, model, sql } = recado;
  const seen = Promise.withResolvers<void>();
  model.next({ kind: "held", until: seen.promise }, { kind: "held", until: seen.promise });
  const answers = await Promise.all([
    twilioA.send({ from, body: "secret-of-a one" }),
    twilioB.send({ from, body: "secret-of-b one" }),
  ]);
  assert.deepEqual(answers.map(({ status }) => status), [200, 200]);
  await model.called(2);
  const locks = await sql`select batch_lock_id from sessions where customer_address = ${from}`;
  assert.equal(locks.length, 2);
  assert.equal(new Set(locks.map(({ batch_lock_id }) => batch_lock_id)).size, 2, "both are held at once");
  assert.ok(locks.every(({ batch_lock_id }) => batch_lock_id !== null));
  seen.resolve();
  await Promise.all([twilioA.accepted(1), twilioB.accepted(1)]);
  await settled();

  await Promise.all([
    twilioA.send({ from, body: "secret-of-a two" }),
    twilioB.send({ from, body: "secret-of-b two" }),
  ]);
  await Promise.all([twilioA.accepted(2), twilioB.accepted(2)]);
  await settled();

  const prompts = model.requests().map(({ body }) => JSON.stringify(body));
  assert.equal(prompts.length, 4);
  for (const [own, other] of [["secret-of-a", "secret-of-b"], ["secret-of-b", "secret-of-a"]] as const) {
    const mine = prompts.filter((prompt) => prompt.includes(own));
    assert.equal(mine.length, 2);
    assert.ok(mine.every((prompt) => !prompt.includes(other)), "no data of another session is in a prompt");
    assert.ok(mine.at(-1)?.includes(`${own} one`), "its own history is");
    assert.ok(
      mine.every((prompt) => prompt.includes("The instructions of tenant B.") === (own === "secret-of-b")),
    );
  }
  const to = (twilio: typeof twilioA) => new Set(twilio.messages().map(({ from }) => from));
  assert.deepEqual([...to(twilioA), ...to(twilioB)], [tenantA.sender, tenantB.sender]);
  const [mixed] = await sql`
    select count(*)::int from messages m join sessions s on s.id = m.session_id
    join conversations c on c.id = m.conversation_id
    where m.owner_id <> s.owner_id or c.owner_id <> s.owner_id or c.session_id <> s.id`;
  assert.equal(mixed?.count, 0);
});

Deno.test("a webhook signed with A's token that names B's account is refused", async () => {
  const before = await ownedByB();
  for (const to of [tenantA.sender, tenantB.sender]) {
    const { status } = await post({ accountSid: tenantB.accountSid, to, token: tenantA.authToken });
    assert.equal(status, 403);
  }
  assert.equal(await ownedByB(), before);
});

Deno.test("A's account and token with B's sender make an orphan of the account's, never B's message", async () => {
  const before = await ownedByB();
  const { status, sid } = await post({
    accountSid: tenantA.accountSid,
    to: tenantB.sender,
    token: tenantA.authToken,
  });
  assert.equal(status, 200);
  const [orphan] = await recado.sql`
    select reason, account_sid, resolved_at from orphaned_messages where message_sid = ${sid}`;
  assert.deepEqual({ ...orphan }, {
    reason: "account_mismatch",
    account_sid: tenantA.accountSid,
    resolved_at: null,
  });
  await recado.sql`select adopt_orphaned_messages(${tenantB.sender})`;
  assert.equal(await ownedByB(), before, "nor is it taken up for B's sender");
});

Deno.test("A's webhook with the MessageSid of a message of B's changes and tells nothing of B's", async () => {
  const [message] = await recado.sql`
    select m.id, m.message_sid from messages m join senders s on s.owner_id = m.owner_id
    where s.address = ${tenantB.sender} and m.direction = 'inbound' limit 1`;
  const before = await ownedByB();
  const { status } = await post({
    accountSid: tenantA.accountSid,
    to: tenantA.sender,
    token: tenantA.authToken,
    sid: String(message?.message_sid),
  });
  assert.equal(status, 200);
  assert.equal(await ownedByB(), before);
});

Deno.test("a status callback signed by A about a message of B's changes nothing of B's", async () => {
  const [message] = await recado.sql`
    select m.id, m.message_sid from messages m join senders s on s.owner_id = m.owner_id
    where s.address = ${tenantB.sender} and m.direction = 'outbound' limit 1`;
  const before = await ownedByB();
  const url = recado.webhookUrl.replace("receive-whatsapp-message", "message-status");
  for (const query of ["", `?message_id=${message?.id}`]) {
    const params = {
      MessageSid: String(message?.message_sid),
      AccountSid: tenantA.accountSid,
      MessageStatus: "failed",
      ErrorCode: "63016",
      From: tenantB.sender,
      To: from,
    };
    const response = await fetch(url + query, {
      method: "POST",
      headers: { "x-twilio-signature": getExpectedTwilioSignature(tenantA.authToken, url + query, params) },
      body: new URLSearchParams(params),
    });
    await response.body?.cancel();
    assert.ok(response.status < 500);
  }
  assert.equal(await ownedByB(), before);
});
