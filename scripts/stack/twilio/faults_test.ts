import assert from "node:assert/strict";
import { FaultQueue, type TwilioFault } from "./faults.ts";
import { accountSid, create, customer, read, simulatorWithReceiver } from "../../tests/twilio_receiver.ts";

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

Deno.test("a fault of a while ends with it, whatever the number of calls", () => {
  let now = 0;
  const queue = new FaultQueue(() => now);
  queue.add({ kind: "reset", accepted: false }, { forMs: 1_000 });
  for (const at of [0, 1, 999]) {
    now = at;
    assert.equal(queue.take("create", customer).length, 1, String(at));
  }
  now = 1_000;
  assert.deepEqual(queue.take("create", customer), []);
});

Deno.test("of a while and a number of calls, what comes first ends a fault", () => {
  let now = 0;
  const queue = new FaultQueue(() => now);
  queue.add({ kind: "reject", code: 21701 }, { forMs: 1_000, times: 2 });
  queue.add({ kind: "reject", code: 21730 }, { forMs: 500, times: 2 });
  const code = () => queue.take("create", null).map((fault) => "code" in fault ? fault.code : null);
  assert.deepEqual([code(), code(), code()], [[21701], [21701], [21730]]);
  now = 500;
  assert.deepEqual(code(), []);
});

Deno.test("Twilio can be away until something happens, for every call", async () => {
  await using fixture = await simulatorWithReceiver();
  const { simulator } = fixture;
  const back = Promise.withResolvers<void>();
  simulator.inject({ kind: "server_error", status: 503, accepted: false }, {
    on: "any",
    until: back.promise,
  });
  const list = `/2010-04-01/Accounts/${accountSid}/Messages.json?To=${encodeURIComponent(customer)}`;
  for (const call of [() => create(simulator, {}), () => read(simulator, list)]) {
    for (const _ of [1, 2]) {
      const response = await call();
      await response.body?.cancel();
      assert.equal(response.status, 503);
    }
  }
  assert.deepEqual(simulator.messages(), []);
  back.resolve();
  await back.promise;
  const response = await create(simulator, {});
  await response.body?.cancel();
  assert.equal(response.status, 201);
});

Deno.test("a refusal has its code's status unless told, and a rate limit need not say how long", async () => {
  await using fixture = await simulatorWithReceiver();
  const { simulator } = fixture;
  const expected: [TwilioFault, status: number, code: number, retryAfter: string | null][] = [
    [{ kind: "reject", code: 21701 }, 400, 21701, null],
    [{ kind: "reject", code: 21730, status: 503 }, 503, 21730, null],
    [{ kind: "reject", code: 12345 }, 400, 12345, null],
    [{ kind: "rate_limited", retryAfterSeconds: null }, 429, 20429, null],
    [{ kind: "rate_limited", retryAfterSeconds: 0, code: 63018 }, 429, 63018, "0"],
  ];
  for (const [fault, status, code, retryAfter] of expected) {
    simulator.inject(fault);
    const response = await create(simulator, {});
    assert.deepEqual([response.status, response.headers.get("retry-after")], [status, retryAfter]);
    assert.equal((await response.json()).code, code);
  }
});

Deno.test("the first messages can fail later with a code that passes, and the next are delivered", async () => {
  await using fixture = await simulatorWithReceiver();
  const { simulator } = fixture;
  simulator.inject({ kind: "undeliver", code: 63018 }, { times: 2 });
  for (const Body of ["1", "2", "3"]) await (await create(simulator, { Body })).body?.cancel();
  for (const [each, last] of [["1", "undelivered"], ["2", "undelivered"], ["3", "delivered"]]) {
    await simulator.reached(({ body, status }) => body === each && status === last);
  }
  assert.deepEqual(
    simulator.messages().map(({ status, errorCode }) => [status, errorCode]),
    [["undelivered", 63018], ["undelivered", 63018], ["delivered", null]],
  );
});

Deno.test("a message can fail without being sent, and its code can come later", async () => {
  await using fixture = await simulatorWithReceiver();
  const { simulator, received, callbackUrl } = fixture;
  const told = () =>
    received.all().map(({ params }) => [params.get("MessageStatus"), params.get("ErrorCode")]);
  const form = { StatusCallback: callbackUrl };
  simulator.inject({ kind: "undeliver", code: 63018, status: "failed" });
  await (await create(simulator, form)).body?.cancel();
  await received.reached(1);
  simulator.inject({ kind: "undeliver", code: 63032, codeLater: true });
  await (await create(simulator, form)).body?.cancel();
  await received.reached(4);
  assert.deepEqual(told(), [
    ["failed", "63018"],
    ["sent", null],
    ["undelivered", null],
    ["undelivered", "63032"],
  ]);
});
