import assert from "node:assert/strict";
import { accountSid, authToken, client, customer, sender } from "../../tests/twilio_receiver.ts";

const entry = new URL("./main.ts", import.meta.url).pathname;

interface Running {
  child: Deno.ChildProcess;
  url: string;
  controlUrl: string;
}

async function startProcess(logFile: string): Promise<Running> {
  const options = { accountSid, authToken, sender, webhookUrl: "http://127.0.0.1:9/closed", logFile };
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", entry, JSON.stringify({ ...options, statusDelayMs: 60_000 })],
    stdout: "piped",
  }).spawn();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let printed = "";
  while (!printed.includes("\n")) printed += (await reader.read()).value ?? "\n";
  await reader.cancel();
  return { child, ...JSON.parse(printed) };
}

async function kill({ child }: Running): Promise<void> {
  child.kill("SIGKILL");
  await child.status;
}

Deno.test("as a process of its own, what it accepted outlives SIGKILL", async () => {
  const logFile = await Deno.makeTempFile();
  const first = await startProcess(logFile);
  const fault = { kind: "server_error", status: 503, accepted: true };
  const injected = await fetch(`${first.controlUrl}/inject`, {
    client,
    method: "POST",
    body: JSON.stringify({ fault }),
  });
  await injected.body?.cancel();
  const response = await fetch(`${first.url}/2010-04-01/Accounts/${accountSid}/Messages.json`, {
    client,
    method: "POST",
    headers: { authorization: `Basic ${btoa(`${accountSid}:${authToken}`)}` },
    body: new URLSearchParams({ To: customer, From: sender, Body: "Olá!" }),
  });
  await response.body?.cancel();
  assert.equal(response.status, 503);
  await kill(first);

  const second = await startProcess(logFile);
  const messages = await (await fetch(`${second.controlUrl}/messages`, { client })).json();
  assert.deepEqual(messages.map(({ body }: { body: string }) => body), ["Olá!"]);
  await kill(second);
  await Deno.remove(logFile);
});
