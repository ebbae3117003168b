import { type HttpAnswer, jsonAnswer, serveHttp } from "../http/http_server.ts";
import type { InboundMessage } from "./inbound.ts";
import type { FaultTarget, TwilioFault } from "./faults.ts";
import type { WebhookParams } from "./message.ts";
import { startTwilioSimulator, type TwilioSimulatorOptions } from "./simulator.ts";

// The simulator as a process of its own, so that it outlives whatever a test kills. Its one argument is
// `TwilioSimulatorOptions` as JSON; it prints one line with the address of its REST API and that of its controls.

const options: TwilioSimulatorOptions = JSON.parse(Deno.args[0] ?? "{}");
const simulator = await startTwilioSimulator(options);

/** Controls answer JSON; those that post webhooks answer once the webhooks are answered. */
const controls: Record<string, (body: string) => unknown> = {
  "POST /send": (body) => {
    const message: InboundMessage = JSON.parse(body);
    return simulator.send(message);
  },
  "POST /deliver": (body) => {
    const { params, times }: { params: WebhookParams; times: number } = JSON.parse(body);
    return simulator.deliver(params, { times });
  },
  "POST /inject": (body) => {
    const { fault, target }: { fault: TwilioFault | TwilioFault[]; target: FaultTarget } = JSON.parse(body);
    simulator.inject(fault, target);
  },
  "POST /clear-faults": () => simulator.clearFaults(),
  "GET /messages": () => simulator.messages(),
  "GET /history": () => simulator.history(),
  "GET /requests": () => simulator.requests(),
};

const control = await serveHttp(0, async ({ method, url, body }): Promise<HttpAnswer> => {
  const answer = controls[`${method} ${url.pathname}`];
  if (answer === undefined) return jsonAnswer(404, { controls: Object.keys(controls) });
  return jsonAnswer(200, await answer(body) ?? null);
});

console.log(JSON.stringify({ url: simulator.url, controlUrl: control.url }));
