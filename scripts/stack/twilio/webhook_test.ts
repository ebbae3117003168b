import assert from "node:assert/strict";
import { type HttpAnswer } from "../http/http_server.ts";
import { accountSid, customer, sender, simulatorWithReceiver } from "../../tests/twilio_receiver.ts";

const answer = (status: number): HttpAnswer => ({ kind: "answer", status, body: "" });

Deno.test("an inbound message is posted as Twilio posts it", async () => {
  await using fixture = await simulatorWithReceiver({ fragment: "#rc=3&rp=ct,rt,5xx" });
  const result = await fixture.simulator.send({ from: customer, body: "Oi 👋", profileName: "Maria" });
  const [webhook] = fixture.received.all();
  assert.equal(result.status, 200);
  assert.equal(webhook?.path, "/receive?forceFunctionRegion=sa-east-1");
  assert.ok(webhook.signed);
  assert.equal(webhook.headers.get("user-agent"), "TwilioProxy/1.1");
  assert.match(webhook.headers.get("i-twilio-idempotency-token") ?? "", /^[0-9a-f-]{36}$/);
  assert.deepEqual(Object.fromEntries(webhook.params), {
    SmsMessageSid: result.messageSid,
    NumMedia: "0",
    ProfileName: "Maria",
    MessageType: "text",
    SmsSid: result.messageSid,
    WaId: "5511987654321",
    SmsStatus: "received",
    Body: "Oi 👋",
    To: sender,
    NumSegments: "1",
    ReferralNumMedia: "0",
    MessageSid: result.messageSid,
    AccountSid: accountSid,
    From: customer,
    ApiVersion: "2010-04-01",
  });
});

Deno.test("media, location, button and further parameters are carried and signed, repeated ones too", async () => {
  await using fixture = await simulatorWithReceiver();
  const { simulator, received } = fixture;
  await simulator.send({ from: customer, media: [{ contentType: "image/jpeg", base64: btoa("photo") }] });
  await simulator.send({ from: customer, location: { latitude: -23.5, longitude: -46.6, label: "Aqui" } });
  await simulator.send({ from: customer, button: { text: "Sim", payload: "yes" } });
  await simulator.send({ from: customer, body: "", extra: { Tag: ["b", "a", "b"], Empty: "" } });
  const [photo, place, button, extra] = received.all();
  assert.ok(received.all().every(({ signed }) => signed));
  assert.equal(photo?.params.get("MediaContentType0"), "image/jpeg");
  assert.equal(place?.params.get("MessageType"), "location");
  assert.deepEqual([button?.params.get("Body"), button?.params.get("ButtonPayload")], ["Sim", "yes"]);
  assert.deepEqual(extra?.params.getAll("Tag"), ["b", "a", "b"]);
  const media = await fetch(photo?.params.get("MediaUrl0") ?? "", {
    headers: { authorization: `Basic ${btoa(`${accountSid}:test-token`)}` },
  });
  assert.equal(await media.text(), "photo");
});

Deno.test("one message can be delivered many times at once", async () => {
  await using fixture = await simulatorWithReceiver();
  const { messageSid } = await fixture.simulator.send({ from: customer, body: "Oi" });
  const params = fixture.simulator.paramsOf(messageSid) ?? {};
  const results = await fixture.simulator.deliver(params, { times: 20 });
  assert.equal(results.filter(({ status }) => status === 200).length, 20);
  const sids = new Set(fixture.received.all().map(({ params }) => params.get("MessageSid")));
  assert.deepEqual([sids.size, fixture.received.all().length], [1, 21]);
});

Deno.test("with rp=5xx a server error is tried again with the same idempotency token", async () => {
  await using fixture = await simulatorWithReceiver({ fragment: "#rc=3&rp=ct,5xx" });
  fixture.answerNext(answer(503), { kind: "reset" }, answer(200));
  const { status, attempts } = await fixture.simulator.send({ from: customer, body: "Oi" });
  assert.deepEqual([status, attempts], [200, 3]);
  const tokens = fixture.received.all().map(({ headers }) => headers.get("i-twilio-idempotency-token"));
  assert.equal(new Set(tokens).size, 1);
});

Deno.test("without overrides only a lost connection is tried again, once", async () => {
  await using fixture = await simulatorWithReceiver();
  fixture.answerNext(answer(503));
  const refused = await fixture.simulator.send({ from: customer, body: "Oi" });
  assert.deepEqual([refused.status, refused.attempts], [503, 1]);
  fixture.answerNext({ kind: "reset" }, { kind: "reset" });
  const lost = await fixture.simulator.send({ from: customer, body: "Oi" });
  assert.deepEqual([lost.status, lost.attempts], [null, 2]);
});

Deno.test("a webhook that is not answered in time counts as a read time-out", async () => {
  await using fixture = await simulatorWithReceiver({ fragment: "#rt=100&rc=1&rp=rt" });
  fixture.answerNext({ kind: "hang" });
  const { status, attempts } = await fixture.simulator.send({ from: customer, body: "Oi" });
  assert.deepEqual([status, attempts], [200, 2]);
});
