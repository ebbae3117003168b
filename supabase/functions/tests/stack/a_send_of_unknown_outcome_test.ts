import assert from "node:assert/strict";
import type { TwilioFault } from "stack/twilio/faults.ts";
import { createCustomer, type Customer, gatewayOf } from "../fixtures/customer.ts";
import { tokensIn } from "../fixtures/tokens.ts";
import { type FunctionsProcess, launchFunctions } from "../faults/functions_process.ts";
import { type EchoStack, functionEnv, startEchoStack } from "../fixtures/echo_stack.ts";
import { createStories } from "../fixtures/stories.ts";
import { freePort } from "stack/processes/ports.ts";

const graceSeconds = 2;
const noCallbacks: TwilioFault = { kind: "callbacks", mode: "dropped" };

interface Case {
  name: string;
  faults: TwilioFault[];
  /** What the log says of the first POST. */
  says: { event: string; reason: string };
  /** How the SID was learned in the end, and at which attempt. */
  ends: { evidence: string; attempt: number };
}

const cases: Case[] = [
  {
    name: "429 is not accepted: posted again after Retry-After",
    faults: [{ kind: "rate_limited", retryAfterSeconds: 1 }],
    says: { event: "send.postponed", reason: "rate_limited" },
    ends: { evidence: "response", attempt: 2 },
  },
  {
    name: "5xx after Twilio accepted is found in Twilio's list",
    faults: [{ kind: "server_error", status: 503, accepted: true }, noCallbacks],
    says: { event: "send.unknown", reason: "server_error" },
    ends: { evidence: "listing", attempt: 1 },
  },
  {
    name: "5xx before Twilio accepted is posted again once the list does not have it",
    faults: [{ kind: "server_error", status: 500, accepted: false }],
    says: { event: "send.unknown", reason: "server_error" },
    ends: { evidence: "response", attempt: 2 },
  },
  {
    name: "a reset after Twilio accepted is told by the callback",
    faults: [{ kind: "reset", accepted: true }],
    says: { event: "send.unknown", reason: "connection_lost" },
    ends: { evidence: "callback", attempt: 1 },
  },
  {
    name: "a reset after Twilio accepted, without callbacks, is found in the list",
    faults: [{ kind: "reset", accepted: true }, noCallbacks],
    says: { event: "send.unknown", reason: "connection_lost" },
    ends: { evidence: "listing", attempt: 1 },
  },
  {
    name: "a reset before Twilio accepted is posted again",
    faults: [{ kind: "reset", accepted: false }],
    says: { event: "send.unknown", reason: "connection_lost" },
    ends: { evidence: "response", attempt: 2 },
  },
  {
    name: "a hang after Twilio accepted is found in the list",
    faults: [{ kind: "hang", accepted: true }, noCallbacks],
    says: { event: "send.unknown", reason: "timeout" },
    ends: { evidence: "listing", attempt: 1 },
  },
  {
    name: "a hang before Twilio accepted is posted again",
    faults: [{ kind: "hang", accepted: false }],
    says: { event: "send.unknown", reason: "timeout" },
    ends: { evidence: "response", attempt: 2 },
  },
  {
    name: "an answer without a SID is found in the list",
    faults: [{ kind: "malformed_answer" }, noCallbacks],
    says: { event: "send.unknown", reason: "malformed_answer" },
    ends: { evidence: "listing", attempt: 1 },
  },
];

let recado: EchoStack;
const { story, begin } = createStories();

Deno.test.beforeAll(async () => {
  recado = await startEchoStack();
  await recado.setGrace(graceSeconds);
  // A connection that was used before, as in any worker that has sent something.
  const first = createCustomer();
  await first.write(first.token(), [gatewayOf(recado.stack)]);
  await recado.twilio.accepted(({ to, body }) => to === first.address && body.startsWith("end "));
  begin();
});
Deno.test.afterAll(async () => await recado[Symbol.asyncDispose]());

/** A customer whose message is answered in two parts, the first of which meets these faults. */
async function answeredWith(
  faults: TwilioFault[],
  origin = recado.stack.publicFunctionsUrl,
): Promise<Customer> {
  const customer = createCustomer();
  if (faults.length > 0) recado.twilio.inject(faults, { to: customer.address });
  await customer.write(customer.token(), [{ ...gatewayOf(recado.stack), origin }]);
  return customer;
}

interface Sent {
  id: string;
  body: string;
  evidence: string | null;
  attempt: number;
  status: string;
  error_code: number | null;
  second_message_sid: string | null;
}

async function rowsOf({ address }: Customer): Promise<Sent[]> {
  return await recado.sql<Sent[]>`
    select m.id, m.body, m.message_sid_evidence as evidence, m.send_attempt as attempt, m.delivery_status as status,
      m.error_code, m.second_message_sid
    from messages m join sessions s on s.id = m.session_id
    where s.customer_address = ${address} and m.direction = 'outbound' order by m.seq`;
}

const atTwilio = ({ address }: Customer) => recado.twilio.messages().filter(({ to }) => to === address);
/** POSTs and lists about this customer, in their order. */
const requestsAbout = ({ address }: Customer) =>
  recado.twilio.requests().filter(({ form, query }) => form.To === address || query.To === address);
const ended = ({ address }: Customer) =>
  recado.twilio.accepted(({ to, body }) => to === address && body.startsWith("end "));

/** The first log line about a row, of whoever wrote it. */
const lineAbout = (id: string | undefined, event: string) =>
  recado.stack.events.happened((line) => line.event === event && line.message_id === id);

for (const { name, faults, says, ends } of cases) {
  story(`${name}; Twilio has it once, in its place, and nothing came within the grace`, async () => {
    const customer = await answeredWith(faults);
    await ended(customer);
    const [first, second, ...others] = await rowsOf(customer);
    assert.equal(others.length, 0);
    assert.equal((await lineAbout(first?.id, says.event)).reason, says.reason);
    assert.deepEqual({ evidence: first?.evidence, attempt: first?.attempt }, ends);
    assert.equal(second?.attempt, 1);
    assert.equal(first?.second_message_sid, null);
    assert.deepEqual(atTwilio(customer).map(({ body }) => body), [first?.body, second?.body]);
    assert.deepEqual(atTwilio(customer).flatMap(({ body }) => tokensIn(body)), customer.acknowledged);

    const [post, next] = requestsAbout(customer);
    const waited = Date.parse(next?.at ?? "") - Date.parse(post?.at ?? "");
    if (ends.evidence === "callback") return assert.equal(next?.form.Body, second?.body, "no list is needed");
    // From the log of the requests: the grace itself runs from a moment before the POST.
    const least = says.event === "send.postponed" ? 1_000 : graceSeconds * 1_000 - 300;
    assert(waited >= least, `${next?.method} after ${waited} ms`);
  });
}

story(
  "a connection that was used before and breaks after Twilio accepted is not posted on again by the runtime",
  async () => {
    const { stack, model } = recado;
    await using receiver = await launchFunctions(stack, { openaiUrl: model.url, env: functionEnv });
    await ended(await answeredWith([], receiver.origin));
    const customer = await answeredWith([{ kind: "reset", accepted: true }], receiver.origin);
    await ended(customer);
    const [first, second] = await rowsOf(customer);
    assert.deepEqual(atTwilio(customer).map(({ body }) => body), [first?.body, second?.body]);
    assert.equal((await receiver.happened("send.unknown")).reason, "connection_lost");
  },
);

story("a refused connection is known not to have been accepted, and posted again", async () => {
  const { stack, model, twilio } = recado;
  const port = freePort();
  const env = { ...functionEnv, TWILIO_API_BASE_URL: `http://127.0.0.1:${port}` };
  await using receiver: FunctionsProcess = await launchFunctions(stack, { openaiUrl: model.url, env });
  const customer = await answeredWith([], receiver.origin);
  const refused = await receiver.happened("send.postponed");
  assert.equal(refused.reason, "connection_refused");
  const { promise: bound, resolve: onListen } = Promise.withResolvers<unknown>();
  await using _server = Deno.serve({ hostname: "127.0.0.1", port, onListen }, async (request) => {
    const { pathname, search } = new URL(request.url);
    const { method, headers } = request;
    const body = await request.text();
    return await fetch(twilio.url + pathname + search, { method, headers, ...(body && { body }) });
  });
  await bound;
  await ended(customer);
  const [first] = await rowsOf(customer);
  assert.equal(first?.evidence, "response");
  assert.equal(atTwilio(customer).length, 2);
});

for (const [code, effect] of [[63016, "outside_window"], [63024, "invalid_recipient"]] as const) {
  story(
    `${code} (${effect}) is final: the message is failed, its reply's next part stays, and people see it`,
    async () => {
      const customer = await answeredWith([{ kind: "reject", code }]);
      const { message_id } = await recado.stack.events.happened(({ event, errorCode }) =>
        event === "send.failed" && errorCode === code
      );
      const [first, second] = await rowsOf(customer);
      assert.equal(message_id, first?.id);
      assert.equal((await lineAbout(second?.id, "send.canceled")).reason, "part_failed");
      const [failed, canceled] = await rowsOf(customer);
      assert.deepEqual([failed?.status, failed?.error_code, failed?.attempt], ["failed", code, 1]);
      assert.deepEqual([canceled?.status, canceled?.attempt], ["canceled", 0]);
      assert.deepEqual(atTwilio(customer), []);
      const [flag] = await recado.sql`
      select c.context -> 'delivery_failed' ->> 'message_id' as message_id
      from conversations c join sessions s on s.id = c.session_id where s.customer_address = ${customer.address}`;
      assert.equal(flag?.message_id, first?.id);
    },
  );
}

story(
  "21610 silences the session: what is left is canceled; the customer's next message lifts it, and is answered",
  async () => {
    const customer = await answeredWith([{ kind: "reject", code: 21610 }]);
    const lost = await recado.stack.events.happened(({ event, errorCode }) =>
      event === "send.failed" && errorCode === 21610
    );
    const [first, second] = await rowsOf(customer);
    assert.equal(lost.message_id, first?.id);
    await lineAbout(second?.id, "send.canceled");
    const silence = async () => {
      const [session] = await recado.sql`
      select opted_out_at is not null as silent from sessions where customer_address = ${customer.address}`;
      return session?.silent;
    };
    assert.equal(await silence(), true);
    assert.equal(atTwilio(customer).length, 0);
    await customer.write(customer.token(), [gatewayOf(recado.stack)]);
    await ended(customer);
    assert.equal(await silence(), false);
    assert.deepEqual((await rowsOf(customer)).map(({ status }) => status).slice(0, 2), [
      "failed",
      "canceled",
    ]);
  },
);
