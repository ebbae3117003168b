import assert from "node:assert/strict";
import type { TwilioFault } from "./faults.ts";
import { create, customer, simulatorWithReceiver } from "../../tests/twilio_receiver.ts";

Deno.test("a rate limit is 429 with 20429 and Retry-After, for one call only", async () => {
  await using fixture = await simulatorWithReceiver();
  fixture.simulator.inject({ kind: "rate_limited", retryAfterSeconds: 3 });
  const limited = await create(fixture.simulator, {});
  assert.deepEqual([limited.status, limited.headers.get("retry-after")], [429, "3"]);
  assert.equal((await limited.json()).code, 20429);
  const next = await create(fixture.simulator, {});
  assert.equal(next.status, 201);
  await next.body?.cancel();
  assert.equal(fixture.simulator.messages().length, 1);
});

const broken: [string, TwilioFault, number][] = [
  ["a reset before accepting leaves no message", { kind: "reset", accepted: false }, 0],
  ["a reset after accepting leaves the message", { kind: "reset", accepted: true }, 1],
  ["a hang without accepting leaves no message", { kind: "hang", accepted: false }, 0],
  ["a hang after accepting leaves the message", { kind: "hang", accepted: true }, 1],
];
for (const [name, fault, left] of broken) {
  Deno.test(`${name}, and the caller gets no answer`, async () => {
    await using fixture = await simulatorWithReceiver();
    fixture.simulator.inject(fault);
    const signal = AbortSignal.timeout(fault.kind === "hang" ? 150 : 10_000);
    await assert.rejects(create(fixture.simulator, {}, { signal }));
    assert.equal(fixture.simulator.messages().length, left);
    assert.equal(fixture.simulator.requests().at(-1)?.answer, fault.kind);
  });
}

Deno.test("a permanent error is Twilio's 4xx, and a server error may have accepted the message", async () => {
  await using fixture = await simulatorWithReceiver();
  fixture.simulator.inject({ kind: "reject", code: 21610 });
  fixture.simulator.inject({ kind: "server_error", status: 503, accepted: true });
  const rejected = await create(fixture.simulator, {});
  assert.deepEqual([rejected.status, (await rejected.json()).code], [400, 21610]);
  const failed = await create(fixture.simulator, {});
  assert.equal(failed.status, 503);
  await failed.body?.cancel();
  assert.equal(fixture.simulator.messages().length, 1);
});

Deno.test("a fault for one customer spares the others", async () => {
  await using fixture = await simulatorWithReceiver();
  fixture.simulator.inject({ kind: "reject", code: 63024 }, { to: customer });
  const other = await create(fixture.simulator, { To: "whatsapp:+5511000000000" });
  const hit = await create(fixture.simulator, {});
  assert.deepEqual([other.status, hit.status], [201, 400]);
  await Promise.all([other.body?.cancel(), hit.body?.cancel()]);
});

Deno.test("a message refused later becomes undelivered with its code", async () => {
  await using fixture = await simulatorWithReceiver();
  fixture.simulator.inject({ kind: "undeliver", code: 63016 });
  const response = await create(fixture.simulator, { StatusCallback: fixture.callbackUrl });
  await response.body?.cancel();
  const callback = await fixture.received.first(({ params }) =>
    params.get("MessageStatus") === "undelivered"
  );
  assert.equal(callback.params.get("ErrorCode"), "63016");
});
