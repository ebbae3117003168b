import assert from "node:assert/strict";
import type { TwilioFault } from "./faults.ts";
import { create, customer, simulatorWithReceiver } from "../../tests/twilio_receiver.ts";

type Fixture = Awaited<ReturnType<typeof simulatorWithReceiver>>;

async function createWith(fixture: Fixture, fault?: TwilioFault): Promise<void> {
  if (fault) fixture.simulator.inject(fault);
  const response = await create(fixture.simulator, { StatusCallback: fixture.callbackUrl });
  await response.body?.cancel();
}

const statuses = (fixture: Fixture) =>
  fixture.received.all().map(({ params }) => params.get("MessageStatus"));

Deno.test("a message is reported sent and delivered, signed over the callback's own query", async () => {
  await using fixture = await simulatorWithReceiver();
  await createWith(fixture);
  const [sent, delivered] = await fixture.received.reached(2);
  assert.deepEqual(statuses(fixture), ["sent", "delivered"]);
  assert.equal(sent?.path, "/status?message_id=7");
  assert.ok(sent?.signed && delivered?.signed);
  const [message] = fixture.simulator.messages();
  assert.equal(sent.params.get("MessageSid"), message?.sid);
  assert.equal(delivered.params.get("EventType"), "DELIVERED");
});

Deno.test("it is read once the customer opens the chat", async () => {
  await using fixture = await simulatorWithReceiver();
  await createWith(fixture);
  await fixture.simulator.reached(({ status }) => status === "delivered");
  fixture.simulator.setChatOpen(customer, true);
  await fixture.received.first(({ params }) => params.get("MessageStatus") === "read");
});

Deno.test("callbacks can be duplicated and out of order", async () => {
  await using fixture = await simulatorWithReceiver();
  await createWith(fixture, { kind: "callbacks", mode: "duplicated" });
  await fixture.received.reached(4);
  await createWith(fixture, { kind: "callbacks", mode: "out_of_order" });
  await fixture.received.reached(6);
  assert.deepEqual(statuses(fixture), ["sent", "sent", "delivered", "delivered", "delivered", "sent"]);
});

Deno.test("dropped callbacks leave only the resource to tell", async () => {
  await using fixture = await simulatorWithReceiver();
  await createWith(fixture, { kind: "callbacks", mode: "dropped" });
  await fixture.simulator.reached(({ status }) => status === "delivered");
  assert.deepEqual(statuses(fixture), []);
});

Deno.test("a callback can come before the response", async () => {
  await using fixture = await simulatorWithReceiver();
  await createWith(fixture, { kind: "callbacks", mode: "before_response" });
  assert.equal(statuses(fixture)[0], "sent");
});
