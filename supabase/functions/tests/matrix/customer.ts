import { getExpectedTwilioSignature } from "twilio/webhooks";
import { demo } from "../../../../scripts/stack/demo.ts";
import { inboundMessage } from "../../../../scripts/stack/simulator/twilio_inbound.ts";
import type { WebhookParams } from "../../../../scripts/stack/simulator/twilio_message.ts";

/** Where a webhook goes, and the address that it is signed for. */
export interface Target {
  origin: string;
  publicFunctionsUrl: string;
}

/** The healthy functions, through the stack's gateway. */
export function gatewayOf({ publicFunctionsUrl }: { publicFunctionsUrl: string }): Target {
  return { origin: publicFunctionsUrl, publicFunctionsUrl };
}

export interface Customer {
  address: string;
  /** What every token of this customer begins with. */
  mark: string;
  /** What was acknowledged with 200, and nothing else. */
  acknowledged: string[];
  /** A word that no other message contains. */
  token(): string;
  /** Writes one message, as Twilio delivers it: to the first target, and after a failure to the next ones. */
  write(text: string, targets: Target[]): Promise<void>;
}

/** A customer of the demo tenant. `number` makes its address. */
export function createCustomer(number: number): Customer {
  const address = `whatsapp:+5511${String(number).padStart(9, "0")}`;
  const acknowledged: string[] = [];
  let count = 0;
  return {
    address,
    mark: `k${number}`,
    acknowledged,
    token: () => `k${number}x${++count}`,
    write: async (body, targets) => {
      const message = inboundMessage({ from: address, body }, { ...demo, apiUrl: "http://127.0.0.1" });
      const { params = {} } = message.webhook ?? {};
      for (const target of targets) {
        if (await post(params, target) !== 200) continue;
        acknowledged.push(body);
        return;
      }
    },
  };
}

/** The status of the answer, null without one. Twilio waits 15 s; this customer's Twilio is not in a hurry. */
async function post(params: WebhookParams, { origin, publicFunctionsUrl }: Target): Promise<number | null> {
  const path = "/receive-whatsapp-message";
  const form = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) form.append(name, String(value));
  try {
    const answer = await fetch(origin + path, {
      method: "POST",
      headers: {
        "content-type": "application/x-www-form-urlencoded",
        "x-twilio-signature": getExpectedTwilioSignature(demo.authToken, publicFunctionsUrl + path, params),
      },
      body: form.toString(),
      signal: AbortSignal.timeout(60_000),
    });
    await answer.body?.cancel();
    return answer.status;
  } catch (error) {
    if (error instanceof TypeError || error instanceof DOMException) return null;
    throw error;
  }
}
