import assert from "node:assert/strict";
import { AppError } from "../runtime/errors.ts";
import type { ListedMessage } from "./ports/messaging.ts";
import { findAtTwilio } from "./settle.ts";
import type { Send } from "./ports/outbox.ts";
import { inTurn, send, setStage } from "tests/doubles/stage.ts";

const second = 1_000;

function listed(messageSid: string, afterMs: number, other: Partial<ListedMessage> = {}): ListedMessage {
  return {
    messageSid,
    body: send.body,
    from: send.from,
    to: send.to,
    status: "sent",
    errorCode: null,
    createdAt: new Date(send.createdAt.getTime() + afterMs),
    ...other,
  };
}

async function find(messages: ListedMessage[], options: { send?: Partial<Send>; known?: string[] } = {}) {
  const { deps, callsOf } = setStage({
    listMessages: inTurn(messages),
    knownSids: inTurn(new Set(options.known)),
  });
  const found = await findAtTwilio({ ...send, ...options.send }, deps);
  return { sid: found && found !== "unavailable" ? found.messageSid : found, callsOf };
}

Deno.test("the oldest message with this text is it", async () => {
  const { sid } = await find([
    listed("SM3", 30 * second),
    listed("SM2", 2 * second),
    listed("SM1", second, { body: "another text" }),
  ]);
  assert.equal(sid, "SM2");
});

Deno.test("white space at the ends, which Twilio may drop, makes no difference", async () => {
  assert.equal((await find([listed("SM1", second, { body: " Olá!\n" })])).sid, "SM1");
});

Deno.test("a message that another row owns is not taken twice", async () => {
  const messages = [listed("SM1", second), listed("SM2", 2 * second)];
  const { sid, callsOf } = await find(messages, { known: ["SM1"] });
  assert.equal(sid, "SM2");
  assert.deepEqual(callsOf("knownSids")[0]?.args, [["SM1", "SM2"]]);
  assert.equal((await find(messages, { known: ["SM1", "SM2"] })).sid, null);
});

Deno.test("clocks may differ by two minutes; what is older was another message", async () => {
  assert.equal((await find([listed("SM1", -120 * second)])).sid, "SM1");
  assert.equal((await find([listed("SM1", -120 * second - 1)])).sid, null);
});

Deno.test("with nothing at Twilio the send is absent", async () => {
  assert.equal((await find([])).sid, null);
});

Deno.test("a template's text is Twilio's to render, so any text matches", async () => {
  const { sid } = await find([listed("SM1", second, { body: "Your order …" })], {
    send: { contentSid: "HX1" },
  });
  assert.equal(sid, "SM1");
});

Deno.test("Twilio is asked by To and From, and by To alone under a Messaging Service", async () => {
  const since = new Date(send.createdAt.getTime() - 120 * second);
  const query = { accountSid: send.accountSid, to: send.to, from: send.from, since };
  const plain = await find([]);
  assert.deepEqual(plain.callsOf("listMessages")[0]?.args, [query, { timeoutMs: 10_000 }]);
  const service = await find([], { send: { messagingServiceSid: "MG1" } });
  assert.deepEqual(service.callsOf("listMessages")[0]?.args[0], { ...query, from: null });
});

Deno.test("when Twilio cannot be asked nothing is concluded", async () => {
  const { deps } = setStage({
    listMessages: inTurn<ListedMessage[]>(new AppError("twilio_unavailable", "503")),
  });
  assert.equal(await findAtTwilio(send, deps), "unavailable");
});

Deno.test("a mistake of our own is no outage of Twilio's", async () => {
  const { deps } = setStage({ listMessages: inTurn<ListedMessage[]>(new TypeError("x is undefined")) });
  await assert.rejects(findAtTwilio(send, deps), TypeError);
});

Deno.test("when the known SIDs cannot be read nothing is concluded either", async () => {
  const { deps } = setStage({
    listMessages: inTurn([listed("SM1", second)]),
    knownSids: inTurn<Set<string>>(new AppError("database_unavailable", "away", { retryable: true })),
  });
  await assert.rejects(findAtTwilio(send, deps), { code: "database_unavailable" });
});
