import assert from "node:assert/strict";
import {
  accountSid,
  create,
  customer,
  read,
  sender,
  simulatorWithReceiver,
} from "../../tests/twilio_receiver.ts";

const path = `/2010-04-01/Accounts/${accountSid}/Messages`;

Deno.test("a created message is answered as Twilio's Message resource, queued and not yet sent", async () => {
  await using fixture = await simulatorWithReceiver({ statusDelayMs: 60_000 });
  const response = await create(fixture.simulator, { Body: "Bom dia ☀️" });
  const message = await response.json();
  assert.equal(response.status, 201);
  assert.match(message.sid, /^SM[0-9a-f]{32}$/);
  assert.match(message.date_created, /^\w{3}, \d{2} \w{3} \d{4} \d{2}:\d{2}:\d{2} \+0000$/);
  assert.partialDeepStrictEqual(message, {
    account_sid: accountSid,
    body: "Bom dia ☀️",
    date_sent: null,
    direction: "outbound-api",
    error_code: null,
    from: sender,
    to: customer,
    status: "queued",
    uri: `${path}/${message.sid}.json`,
  });
});

Deno.test("through a Messaging Service the sender is chosen later", async () => {
  await using fixture = await simulatorWithReceiver();
  const form = { From: "", MessagingServiceSid: "MG00000000000000000000000000000001" };
  const message = await (await create(fixture.simulator, form)).json();
  assert.deepEqual([message.status, message.from], ["accepted", null]);
  const sent = await fixture.simulator.reached(({ status }) => status === "sent");
  assert.equal(sent.from, sender);
});

Deno.test("a sender that is named to a Messaging Service is the message's from the start", async () => {
  await using fixture = await simulatorWithReceiver();
  const form = { MessagingServiceSid: "MG00000000000000000000000000000001" };
  const message = await (await create(fixture.simulator, form)).json();
  assert.deepEqual([message.status, message.from], ["accepted", sender]);
  assert.equal(message.messaging_service_sid, form.MessagingServiceSid);
});

Deno.test("a template's variables are refused as Twilio refuses them, and kept when they are taken", async () => {
  await using fixture = await simulatorWithReceiver();
  const template = { Body: "", ContentSid: `HX${"a".repeat(32)}` };
  const broken = await create(fixture.simulator, { ...template, ContentVariables: '{"1":"a\\nb"}' });
  assert.deepEqual([broken.status, (await broken.json()).code], [400, 21656]);
  const taken = await create(fixture.simulator, { ...template, ContentVariables: '{"1":"a b"}' });
  assert.equal(taken.status, 201);
  await taken.body?.cancel();
  const [message] = fixture.simulator.messages();
  assert.deepEqual([message?.contentSid, message?.contentVariables], [template.ContentSid, '{"1":"a b"}']);
});

const refusals: [string, Record<string, string>, number, number][] = [
  ["without To", { To: "" }, 400, 21604],
  ["without a sender", { From: "" }, 400, 21603],
  ["without content", { Body: "" }, 400, 21619],
  ["with a To that is no address", { To: "whatsapp:12" }, 400, 21211],
  ["from a stranger's sender", { From: "whatsapp:+10000000000" }, 400, 63007],
  ["with more than 1,600 characters", { Body: "x".repeat(1601) }, 400, 21617],
];
for (const [what, form, status, code] of refusals) {
  Deno.test(`a message ${what} is refused with ${code} and does not exist`, async () => {
    await using fixture = await simulatorWithReceiver();
    const response = await create(fixture.simulator, form);
    const error = await response.json();
    assert.equal(response.status, status);
    assert.deepEqual(Object.keys(error), ["code", "message", "more_info", "status"]);
    assert.equal(error.code, code);
    assert.deepEqual(fixture.simulator.messages(), []);
  });
}

Deno.test("a wrong token is answered 401 with 20003", async () => {
  await using fixture = await simulatorWithReceiver();
  const response = await create(fixture.simulator, {}, { token: "wrong" });
  assert.deepEqual([response.status, (await response.json()).code], [401, 20003]);
});

Deno.test("a customer without a phone number can be written to", async () => {
  await using fixture = await simulatorWithReceiver();
  const response = await create(fixture.simulator, { To: "whatsapp:US.13491208655302741918" });
  assert.equal(response.status, 201);
});

Deno.test("the listing is newest first, and pages neither repeat nor hide a message when more are accepted", async () => {
  await using fixture = await simulatorWithReceiver();
  for (const Body of ["1", "2", "3", "4"]) await create(fixture.simulator, { Body });
  await create(fixture.simulator, { Body: "other", To: "whatsapp:+5511000000000" });
  const query = new URLSearchParams({ To: customer, From: sender, PageSize: "2" });
  const first = await (await read(fixture.simulator, `${path}.json?${query}`)).json();
  await create(fixture.simulator, { Body: "5" });
  const second = await (await read(fixture.simulator, first.next_page_uri)).json();
  const bodies = [first, second].map(({ messages }) => messages.map(({ body }: { body: string }) => body));
  assert.deepEqual(bodies, [["4", "3"], ["2", "1"]]);
  assert.equal(second.next_page_uri, null);
});

Deno.test("one message is fetched by its Sid, an unknown one is 404 with 20404", async () => {
  await using fixture = await simulatorWithReceiver();
  const { sid } = await (await create(fixture.simulator, {})).json();
  const found = await read(fixture.simulator, `${path}/${sid}.json`);
  assert.equal((await found.json()).sid, sid);
  const missing = await read(fixture.simulator, `${path}/SM${"0".repeat(32)}.json`);
  assert.deepEqual([missing.status, (await missing.json()).code], [404, 20404]);
});
