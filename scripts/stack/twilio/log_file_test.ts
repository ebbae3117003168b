import assert from "node:assert/strict";
import { create, customer, simulatorWithReceiver } from "../../tests/twilio_receiver.ts";

Deno.test("what was accepted outlives the simulator, a torn last line is left out, and delivery goes on", async () => {
  const logFile = await Deno.makeTempFile();
  {
    await using before = await simulatorWithReceiver({ logFile, statusDelayMs: 60_000 });
    await before.simulator.send({ from: customer, body: "Oi" });
    const response = await create(before.simulator, { StatusCallback: before.callbackUrl });
    await response.body?.cancel();
  }
  await Deno.writeTextFile(logFile, '{"sid":"SMtorn', { append: true });
  {
    await using after = await simulatorWithReceiver({ logFile });
    assert.deepEqual(after.simulator.history().map(({ body }) => body), ["Oi", "Olá!"]);
    await after.simulator.accepted(1);
    await after.simulator.reached(({ status }) => status === "delivered");
  }
  const lines = (await Deno.readTextFile(logFile)).trimEnd().split("\n");
  assert.equal(JSON.parse(lines.at(-1) ?? "").status, "delivered");
  await Deno.remove(logFile);
});
