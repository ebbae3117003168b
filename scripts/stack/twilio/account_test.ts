import assert from "node:assert/strict";
import { accountSid, read, simulatorWithReceiver } from "../../tests/twilio_receiver.ts";

const path = `/2010-04-01/Accounts/${accountSid}.json`;

Deno.test("the account is answered to its token, and without it", async () => {
  await using fixture = await simulatorWithReceiver();
  const response = await read(fixture.simulator, path);
  const account = await response.json();
  assert.deepEqual([response.status, account.sid, account.status], [200, accountSid, "active"]);
  assert.equal("auth_token" in account, false);
});

Deno.test("a wrong token, and another account, are answered 401 with 20003", async () => {
  await using fixture = await simulatorWithReceiver();
  for (const credentials of [`${accountSid}:wrong`, `AC${"9".repeat(32)}:test-token`]) {
    const response = await fetch(fixture.simulator.url + path, {
      headers: { authorization: `Basic ${btoa(credentials)}` },
    });
    assert.deepEqual([response.status, (await response.json()).code], [401, 20003]);
  }
});
