import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";

import { decryptAuthToken, parseCredentialsKeys } from "functions/_shared/twilio/credentials.ts";
import { accountSid, authToken, sender, startTestStack, type TestStack } from "tests/fixtures/test_stack.ts";
import { localCredentialsKey } from "stack/local_keys.ts";
import { startTwilioSimulator, type TwilioSimulator } from "stack/twilio/simulator.ts";

const shop = {
  accountSid: `AC${"e".repeat(32)}`,
  authToken: "token-of-the-shop",
  sender: "whatsapp:+15550005555",
};
const newToken = "new-token-of-the-shop";
const newKey = btoa("another-credentials-key-32-bytes");

let recado: TestStack;
/** Twilio as the shop knows it, before and after it has its new token. */
let twilio: TwilioSimulator;
let twilioAfterwards: TwilioSimulator;

Deno.test.beforeAll(async () => {
  recado = await startTestStack();
  const webhookUrl = `${recado.stack.publicFunctionsUrl}/receive-whatsapp-message#rc=3&rp=ct,rt,5xx`;
  twilio = await startTwilioSimulator({ ...shop, webhookUrl });
  twilioAfterwards = await startTwilioSimulator({ ...shop, authToken: newToken, webhookUrl });
});
Deno.test.afterAll(async () => {
  await Promise.all([twilio.stop(), twilioAfterwards.stop()]);
  await recado[Symbol.asyncDispose]();
});

/** A command as an operator runs it, on the stack. */
async function ops(name: string, flags: Record<string, string> = {}, env: Record<string, string> = {}) {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-A", `scripts/ops/${name}.ts`],
      ...Object.entries(flags).map(([flag, value]) => value === "" ? `--${flag}` : `--${flag}=${value}`),
    ],
    cwd: fileURLToPath(new URL("../../", import.meta.url)),
    env: { SUPABASE_URL: recado.stack.url, TWILIO_API_BASE_URL: twilio.url, NO_COLOR: "1", ...env },
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, out: text(stdout), error: text(stderr) };
}

const told = async (...asked: Parameters<typeof ops>) => {
  const [name, flags, env] = asked;
  const { code, out, error } = await ops(name, { ...flags, json: "" }, env);
  assert.equal(code, 0, error);
  return JSON.parse(out);
};

const organization = {
  name: "Shop",
  email: "shop@example.test",
  "user-name": "Sol",
  locale: "es",
  "account-sid": shop.accountSid,
  "auth-token": shop.authToken,
  sender: shop.sender,
};

const counts = async () =>
  (await recado.sql`
    select (select count(*) from owners) as owners, (select count(*) from users) as users,
      (select count(*) from twilio_accounts) as accounts, (select count(*) from senders) as senders`)[0];

Deno.test("register names everything that is malformed at once, and registers nothing", async () => {
  const before = await counts();
  const { code, error } = await ops("register", {
    name: " ",
    email: "x",
    "user-name": "Sol",
    locale: "español",
    "account-sid": "AC1",
    "auth-token": "a b",
    sender: "+1555",
  });
  assert.equal(code, 1);
  assert.match(error, /^organization_malformed: /m);
  for (const flag of ["name", "email", "locale", "account-sid", "auth-token", "sender"]) {
    assert.ok(error.includes(`--${flag} `), flag);
  }
  assert.ok(!error.includes("a b"), "the token is not repeated");
  const missing = await ops("register", { name: "Shop" });
  assert.match(
    missing.error,
    /^flags_missing: .*--email.*--user-name.*--account-sid.*TWILIO_AUTH_TOKEN.*--sender/m,
  );
  assert.deepEqual(await counts(), before);
});

Deno.test("register refuses credentials that Twilio does not know, and registers nothing", async () => {
  const before = await counts();
  const { code, error } = await ops("register", { ...organization, "auth-token": "not-the-token" });
  assert.equal(code, 1);
  assert.match(error, /^twilio_credentials_wrong: /m);
  assert.ok(!error.includes("not-the-token"));
  assert.deepEqual(await counts(), before);
});

Deno.test("an empty CREDENTIALS_KEY is refused, also where the local stack's would do", async () => {
  const before = await counts();
  for (const CREDENTIALS_KEY of ["", " "]) {
    for (const command of ["register", "rotate_key", "status"]) {
      const { code, error } = await ops(command, command === "register" ? organization : {}, {
        CREDENTIALS_KEY,
      });
      assert.equal(code, 1);
      assert.match(error, /^project_invalid: CREDENTIALS_KEY is empty/m);
    }
  }
  const remote = await ops("status", {}, { SUPABASE_URL: "https://project.supabase.co" });
  assert.match(remote.error, /^project_invalid: Set SUPABASE_SECRET_KEY.*SERVICE_ROLE_KEY.*CREDENTIALS_KEY/m);
  assert.deepEqual(await counts(), before);
});

Deno.test("register registers, prints the webhook's address, and refuses the same e-mail again", async () => {
  const { "auth-token": token, ...flags } = organization;
  const done = await told("register", flags, { TWILIO_AUTH_TOKEN: token });
  assert.equal(
    done.webhook_url,
    `${recado.stack.publicFunctionsUrl}/receive-whatsapp-message#rc=3&rp=ct,rt,5xx`,
  );
  const [row] = await recado.sql`
    select o.name, a.locale, u.role, t.auth_token_encrypted
    from owners o join assistants a on a.owner_id = o.id join users u on u.owner_id = o.id
    join twilio_accounts t on t.owner_id = o.id where o.id = ${done.owner_id}`;
  const { auth_token_encrypted: encrypted, ...rest } = { ...row };
  assert.deepEqual(rest, { name: "Shop", locale: "es", role: "admin" });
  assert.ok(!String(encrypted).includes(shop.authToken));

  const again = await ops("register", { ...organization, email: "Shop@Example.test" });
  assert.deepEqual([again.code, again.error.split(":")[0]], [1, "organization_exists"]);
});

Deno.test("the README's example registers as it is printed, with the token from the environment", async () => {
  const readme = await Deno.readTextFile(new URL("../../README.md", import.meta.url));
  const [, flags = ""] = readme.match(/^npx -y deno task register (.*?)^```/ms) ?? [];
  const [accountSid = ""] = flags.match(/AC[0-9a-f]{32}/) ?? [];
  const [sender = ""] = flags.match(/whatsapp:\+\d+/) ?? [];
  const bakery = await startTwilioSimulator({
    accountSid,
    authToken: "a-token",
    sender,
    webhookUrl: "http://127.0.0.1:9",
  });
  try {
    const { code, stderr } = await new Deno.Command("sh", {
      args: ["-c", `"${Deno.execPath()}" run -A scripts/ops/register.ts ${flags}`],
      cwd: fileURLToPath(new URL("../../", import.meta.url)),
      env: { SUPABASE_URL: recado.stack.url, TWILIO_API_BASE_URL: bakery.url, TWILIO_AUTH_TOKEN: "a-token" },
    }).output();
    assert.equal(code, 0, new TextDecoder().decode(stderr));
    const [row] = await recado.sql`select owner_id from senders where address = ${sender}`;
    assert.ok(row, "the sender is there");
    await recado.sql`delete from owners where id = ${row.owner_id}`;
  } finally {
    await bakery.stop();
  }
});

Deno.test("while a rotation lasts, webhooks signed with either token are stored for the new organization", async () => {
  const from = "whatsapp:+5511966666666";
  // From here on the function keeps the old token.
  assert.equal((await twilio.send({ from, body: "before" })).status, 200);
  const flags = { "account-sid": shop.accountSid };
  const unknown = await ops("rotate_token", flags, { TWILIO_AUTH_TOKEN: newToken });
  assert.match(unknown.error, /^twilio_credentials_wrong: /m);
  const untold = await ops("rotate_token", flags);
  assert.match(untold.error, /^auth_token_malformed: TWILIO_AUTH_TOKEN /m);
  const env = { TWILIO_API_BASE_URL: twilioAfterwards.url, TWILIO_AUTH_TOKEN: newToken };
  assert.equal((await told("rotate_token", flags, env)).finished, false);
  await told("rotate_token", flags, env);

  assert.equal((await twilio.send({ from, body: "old token" })).status, 200);
  assert.equal((await twilioAfterwards.send({ from, body: "new token" })).status, 200);
  const rows = await recado.sql`
    select m.body from messages m join owners o on o.id = m.owner_id
    where o.email = ${organization.email} and m.direction = 'inbound' order by m.seq`;
  assert.deepEqual(rows.map(({ body }) => body), ["before", "old token", "new token"]);

  assert.equal(
    (await told("rotate_token", { "account-sid": shop.accountSid, finish: "yes" })).finished,
    true,
  );
  const [account] = await recado.sql`
    select previous_auth_token_encrypted as previous from twilio_accounts where account_sid = ${shop.accountSid}`;
  assert.equal(account?.previous, null);
});

Deno.test("status lists a dead letter, and redrive has it answered", async () => {
  const from = "whatsapp:+5511966666667";
  const body = "Um bolo que ninguém mais pediu";
  recado.model.next({ kind: "content_filter", to: body });
  await recado.twilio.send({ from, body });
  await recado.twilio.accepted(({ to }) => to === from);
  const [dead] = (await told("status")).dead_letters;
  assert.ok(dead.id);
  assert.match((await ops("status")).out, new RegExp(dead.id));

  assert.deepEqual(await told("redrive", { batch: dead.id }), { messages: 1 });
  const again = await ops("redrive", { batch: dead.id });
  assert.deepEqual([again.code, again.error.split(":")[0]], [1, "not_found"]);
  recado.model.next({ kind: "say", text: "a second reply", to: body });
  // A sweep leaves a message of less than a second ago to whoever brought it.
  await recado.sql`update message_queue set created_at = created_at - interval '1 minute'`;
  await recado.sweep();
  await recado.twilio.accepted((message) => message.body === "a second reply");
});

Deno.test("status says why the sweep does not run and what to do, a line a reason, and nothing once it does", async () => {
  await recado.sql`delete from sweep_runs`;
  const { out } = await ops("status");
  assert.match(out, /^Sweep +DEAD, last finished never$/m);
  assert.match(out, /^ {2}pg_cron_absent .* → enable the extension pg_cron/m);
  assert.match(out, /^ {2}never_ran /m);
  await recado.sweep();
  assert.match((await ops("status")).out, /^Sweep +alive, .*\nSchedule/m);
});

Deno.test("close ends a conversation as far as that is legal, and says what is not", async () => {
  const from = "whatsapp:+5511966666669";
  await recado.twilio.send({ from, body: "Oi" });
  const [row] = await recado.sql`
    select c.id from conversations c join sessions s on s.id = c.session_id where s.customer_address = ${from}`;
  assert.match((await ops("close", { conversation: row?.id, status: "over" })).error, /^status_unknown: /m);
  assert.equal((await told("close", { conversation: row?.id })).status, "support_closed");
  assert.match((await ops("close", { conversation: row?.id })).error, /^invalid: /m);
});

Deno.test("adopt lists orphans, and takes up a sender's in their order with their SIDs", async () => {
  const unknown = "whatsapp:+15550009999";
  const sids = ["f", "e", "d"].map((digit) => `SM${digit.repeat(32)}`);
  for (const messageSid of sids) {
    const from = "whatsapp:+5511966666668";
    const { status } = await recado.twilio.send({ from, body: "Oi", messageSid, extra: { To: unknown } });
    assert.equal(status, 200);
  }
  const listed: { message_sid: string; reason: string }[] = await told("adopt");
  assert.deepEqual(listed.map(({ message_sid }) => message_sid), sids);
  assert.ok(listed.every(({ reason }) => reason === "unknown_sender"));

  await recado.sql`
    insert into senders (address, owner_id, twilio_account_id, assistant_id)
    select ${unknown}, owner_id, twilio_account_id, assistant_id from senders where address = ${sender}`;
  assert.deepEqual(await told("adopt", { sender: unknown }), { messages: 3 });
  const rows = await recado.sql`
    select m.message_sid from messages m join sessions s on s.id = m.session_id
    where s.sender = ${unknown} and m.direction = 'inbound' order by m.seq`;
  assert.deepEqual(rows.map(({ message_sid }) => message_sid), sids);
  assert.deepEqual(await told("adopt"), []);
});

Deno.test("rotate-key encrypts every token anew: the new key alone opens them", async () => {
  const keys = `${newKey},${localCredentialsKey}`;
  assert.deepEqual(await told("rotate_key", {}, { CREDENTIALS_KEY: keys }), { accounts: 2, left: 0 });
  const rows = await recado.sql`select account_sid, auth_token_encrypted as jwe from twilio_accounts`;
  const tokens = await Promise.all(rows.map(async ({ account_sid: sid, jwe }) => {
    const token = await decryptAuthToken(jwe, sid, parseCredentialsKeys(newKey));
    await assert.rejects(decryptAuthToken(jwe, sid, parseCredentialsKeys(localCredentialsKey)));
    return [sid, token.reveal()];
  }));
  assert.deepEqual(Object.fromEntries(tokens), { [accountSid]: authToken, [shop.accountSid]: newToken });
});
