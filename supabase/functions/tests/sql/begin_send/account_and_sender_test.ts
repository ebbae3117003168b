import assert from "node:assert/strict";
import { letTimePass } from "../../fixtures/conversations.ts";
import { freshDatabase, type TestDatabase } from "../../fixtures/database.ts";
import { begin, begunIn, callback, deliveryFlag, message, record, reply } from "../../fixtures/sends.ts";
import { accountSid, sender } from "../../fixtures/test_stack.ts";

const otherAccount = `AC${"2".repeat(32)}`;
const service = `MG${"1".repeat(32)}`;
const otherService = `MG${"2".repeat(32)}`;

/** The sender goes to another account of the same organization, and into another messaging service. */
async function changeAccount({ sql }: TestDatabase): Promise<void> {
  await sql`
    with a as (
      insert into public.twilio_accounts (owner_id, account_sid, auth_token_encrypted)
      select owner_id, ${otherAccount}, 'jwe' from public.senders
      returning id
    )
    update public.senders set twilio_account_id = a.id, messaging_service_sid = ${otherService} from a`;
}

/** The sender goes to another organization, which has an account and an assistant of its own. */
async function changeOrganization({ sql }: TestDatabase): Promise<void> {
  await sql`
    with o as (
      select * from public.register_organization(
        'Outra', 'outra@recado.test', 'Bia', ${otherAccount}, 'jwe', 'whatsapp:+15550000002')
    )
    update public.senders s
    set owner_id = o.owner_id, twilio_account_id = o.twilio_account_id, assistant_id = o.assistant_id
    from o where s.address = ${sender}`;
}

/** A reply from the first account, of which nobody knows whether it left. */
async function lostReply({ sql }: TestDatabase) {
  await sql`update public.senders set messaging_service_sid = ${service}`;
  const sent = await reply(sql, ["Oi"]);
  await record(sql, sent.session, sent.send, { kind: "unknown" });
  await letTimePass(sql, sent.session, "21 seconds");
  return sent;
}

Deno.test("a send is settled with the account, sender and service that posted it, wherever the sender is now", async () => {
  await using database = await freshDatabase();
  const { sql } = database;
  const { session } = await lostReply(database);
  await changeAccount(database);

  const next = await begin(sql, session);
  assert.equal(next.outcome, "settle");
  const { account_sid, from, messaging_service_sid } = next.message ?? {};
  assert.deepEqual([account_sid, from, messaging_service_sid], [accountSid, sender, service]);
});

Deno.test("only the account that posted a send reports on it, wherever the sender is now", async () => {
  await using database = await freshDatabase();
  const { sql } = database;
  const { send } = await lostReply(database);
  await changeAccount(database);

  const sent = { messageId: send.message_id, sid: "SM1", status: "sent" };
  assert.equal((await callback(sql, { ...sent, account: otherAccount })).outcome, "unknown_message");
  assert.equal((await callback(sql, sent)).outcome, "recorded");
  assert.equal((await message(sql, send.message_id)).message_sid, "SM1");
});

Deno.test("a send that is begun again leaves from where the sender is now, and is settled there", async () => {
  await using database = await freshDatabase();
  const { sql } = database;
  const { session, send } = await lostReply(database);
  await changeAccount(database);
  await begin(sql, session, send);
  await letTimePass(sql, session, "5 seconds");

  const again = begunIn(await begin(sql, session, send));
  assert.deepEqual([again.account_sid, again.messaging_service_sid], [otherAccount, otherService]);
  const { account_sid, from_address, messaging_service_sid } = await message(sql, send.message_id);
  assert.deepEqual([account_sid, from_address, messaging_service_sid], [otherAccount, sender, otherService]);
});

Deno.test("a sender that another organization has by now sends nothing of the former one, whose people see it", async () => {
  await using database = await freshDatabase();
  const { sql } = database;
  const { session, conversation, send, parts } = await reply(sql, ["Um", "dois"]);
  await record(sql, session, send, { kind: "postponed", retry_after_ms: 1_000 });
  await letTimePass(sql, session, "2 seconds");
  await changeOrganization(database);

  assert.deepEqual(await begin(sql, session), {
    outcome: "none",
    canceled: parts.map((message_id) => ({ message_id, reason: "sender_moved" })),
  });
  assert.equal((await deliveryFlag(sql, conversation))?.reason, "sender_moved");
});

Deno.test("what left before the sender went to another organization is still settled with the former account", async () => {
  await using database = await freshDatabase();
  const { sql } = database;
  const { session, send } = await lostReply(database);
  await changeOrganization(database);

  const next = await begin(sql, session);
  assert.deepEqual([next.outcome, next.message?.account_sid], ["settle", accountSid]);
  const sent = { messageId: send.message_id, sid: "SM1", status: "sent" };
  assert.equal((await callback(sql, { ...sent, account: otherAccount })).outcome, "unknown_message");
  assert.equal((await callback(sql, sent)).outcome, "recorded");
});
