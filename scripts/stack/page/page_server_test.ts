import assert from "node:assert/strict";
import { burstSpacingMs } from "./commands.ts";
import { customer, sender, simulatorWithReceiver } from "../../tests/twilio_receiver.ts";
import { createStackEvents } from "../events/stack_events.ts";
import { startPage } from "./page_server.ts";

async function pageWithSimulator() {
  const fixture = await simulatorWithReceiver();
  const events = createStackEvents();
  const health = () => ({ ready: true });
  const page = startPage({ port: 0, simulator: fixture.simulator, events, sender, health });
  return {
    ...fixture,
    page,
    events,
    async [Symbol.asyncDispose]() {
      await page.stop();
      await fixture[Symbol.asyncDispose]();
    },
  };
}

function command(url: string, body: unknown, type = "application/json"): Promise<Response> {
  return fetch(`${url}/api/command`, {
    method: "POST",
    headers: { "content-type": type },
    body: JSON.stringify(body),
  });
}

Deno.test("a burst posts six signed webhooks of that customer within a second, in order", async () => {
  await using fixture = await pageWithSimulator();
  assert.equal((await command(fixture.page.url, { kind: "burst", customer })).status, 202);
  const webhooks = await fixture.received.reached(6);
  assert.ok((webhooks.length - 1) * burstSpacingMs < 1_000);
  assert.ok(webhooks.every(({ signed, params }) => signed && params.get("From") === customer));
  const bodies = fixture.simulator.history().map(({ body }) => body);
  assert.deepEqual(webhooks.map(({ params }) => params.get("Body")), bodies);
});

Deno.test("the state has the history and the log with its customers, so that a reload shows the same", async () => {
  await using fixture = await pageWithSimulator();
  const { messageSid } = await fixture.simulator.send({ from: customer, body: "Oi", profileName: "Maria" });
  const line = { at: new Date().toISOString(), level: "info" as const, message_sid: messageSid };
  fixture.events.publish({ ...line, event: "message.accepted" });
  fixture.events.publish({ ...line, level: "debug", event: "not.shown" });
  const state = await (await fetch(`${fixture.page.url}/api/state`)).json();
  assert.partialDeepStrictEqual(state, {
    simulated: true,
    messages: [{ sid: messageSid, customer, author: "customer", body: "Oi", answered: 200 }],
    health: { ready: true },
  });
  assert.deepEqual(state.log.map((each: { customer: string }) => each.customer), [customer]);
});

Deno.test("what another site could send, an unknown command or customer is refused", async () => {
  await using fixture = await pageWithSimulator();
  const { url } = fixture.page;
  const answers = await Promise.all([
    command(url, { kind: "burst", customer }, "text/plain"),
    command(url, { kind: "format disk", customer }),
    command(url, { kind: "burst", customer: "whatsapp:+10000000000" }),
  ]);
  assert.deepEqual(answers.map(({ status }) => status), [415, 400, 404]);
  assert.deepEqual(fixture.received.all(), []);
});

Deno.test("modules are served without their types, and nothing outside the page's folder is", async () => {
  await using fixture = await pageWithSimulator();
  const module = await fetch(`${fixture.page.url}/dom.ts`);
  assert.match(module.headers.get("content-type") ?? "", /javascript/);
  assert.doesNotMatch(await module.text(), /: HTMLElement/);
  for (const path of ["/..%2fpage_server.ts", "/missing.css", "/api/other"]) {
    const response = await fetch(fixture.page.url + path);
    await response.body?.cancel();
    assert.equal(response.status, 404);
  }
});

Deno.test("a delivered message is read while some page has the chat open", async () => {
  await using fixture = await pageWithSimulator();
  const presence = await fetch(`${fixture.page.url}/api/presence?customer=${encodeURIComponent(customer)}`);
  const sent = await fetch(
    `${fixture.simulator.url}/2010-04-01/Accounts/AC00000000000000000000000000000001/Messages.json`,
    {
      method: "POST",
      headers: { authorization: `Basic ${btoa("AC00000000000000000000000000000001:test-token")}` },
      body: new URLSearchParams({ To: customer, From: sender, Body: "Olá" }),
    },
  );
  await sent.body?.cancel();
  await fixture.simulator.reached(({ status }) => status === "read");
  await presence.body?.cancel();
});
