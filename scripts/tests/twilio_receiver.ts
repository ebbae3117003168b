import { validateRequest } from "twilio/webhooks";
import { Arrivals } from "stack/events/arrivals.ts";
import { type HttpAnswer, serveHttp } from "stack/http/http_server.ts";
import {
  startTwilioSimulator,
  type TwilioSimulator,
  type TwilioSimulatorOptions,
} from "stack/twilio/simulator.ts";

export const accountSid = "AC00000000000000000000000000000001";
export const authToken = "test-token";
export const sender = "whatsapp:+14155238886";
export const customer = "whatsapp:+5511987654321";

/** Each request on a connection of its own: over a kept one that breaks, `fetch` would send it twice. */
export const client = Deno.createHttpClient({ poolMaxIdlePerHost: 0 });

export interface ReceivedWebhook {
  path: string;
  headers: Headers;
  params: URLSearchParams;
  /** Whether Twilio's own library accepts the signature. */
  signed: boolean;
}

/** A simulator, and a server in place of our functions that notes what it is sent and answers as told. */
export async function simulatorWithReceiver(
  { fragment = "", ...options }: Partial<TwilioSimulatorOptions> & { fragment?: string } = {},
) {
  const received = new Arrivals<ReceivedWebhook>("webhook");
  const answers: HttpAnswer[] = [];
  const receiver = await serveHttp(0, ({ url, headers, body }) => {
    const params = new URLSearchParams(body);
    const byName: Record<string, string | string[]> = {};
    for (const name of params.keys()) {
      const values = params.getAll(name);
      byName[name] = values.length > 1 ? values : values[0] ?? "";
    }
    const signature = headers.get("x-twilio-signature") ?? "";
    const signed = validateRequest(authToken, signature, url.href, byName);
    received.add({ path: url.pathname + url.search, headers, params, signed });
    return Promise.resolve(answers.shift() ?? { kind: "answer", status: 200, body: "<Response/>" });
  });
  const simulator = await startTwilioSimulator({
    accountSid,
    authToken,
    sender,
    statusDelayMs: 5,
    webhookUrl: `${receiver.url}/receive?forceFunctionRegion=sa-east-1${fragment}`,
    ...options,
  });
  return {
    simulator,
    received,
    /** How the receiver answers the next webhooks. */
    answerNext: (...next: HttpAnswer[]) => void answers.push(...next),
    callbackUrl: `${receiver.url}/status?message_id=7`,
    async [Symbol.asyncDispose]() {
      await simulator.stop();
      await receiver.stop();
    },
  };
}

/** Creates a message as our REST client does. */
export function create(
  simulator: TwilioSimulator,
  form: Record<string, string>,
  init: { signal?: AbortSignal; token?: string } = {},
): Promise<Response> {
  return fetch(`${simulator.url}/2010-04-01/Accounts/${accountSid}/Messages.json`, {
    method: "POST",
    headers: { authorization: `Basic ${btoa(`${accountSid}:${init.token ?? authToken}`)}` },
    body: new URLSearchParams({ To: customer, From: sender, Body: "Olá!", ...form }),
    client,
    ...(init.signal && { signal: init.signal }),
  });
}

export async function read(simulator: TwilioSimulator, pathAndQuery: string): Promise<Response> {
  return await fetch(simulator.url + pathAndQuery, {
    headers: { authorization: `Basic ${btoa(`${accountSid}:${authToken}`)}` },
  });
}
