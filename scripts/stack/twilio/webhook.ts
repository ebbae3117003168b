import { getExpectedTwilioSignature } from "twilio/webhooks";
import type { WebhookParams } from "./message.ts";

export interface WebhookRequest {
  /** With its connection overrides in the fragment, which is neither sent nor signed. */
  url: string;
  params: WebhookParams;
  authToken: string;
  idempotencyToken: string;
}

/** The last answer; status null when no attempt got one. */
export interface WebhookAnswer {
  status: number | null;
  body: string;
  attempts: number;
}

// Over a kept connection that breaks, `fetch` posts again by itself; Twilio's retries are to be ours alone.
const client = Deno.createHttpClient({ poolMaxIdlePerHost: 0 });

type Failure = "ct" | "rt" | "4xx" | "5xx";
type Attempt = { status: number | null; body: string; failure: Failure | null };

/**
 * Posts a signed webhook with Twilio's time-outs and retries: connection failures once, unless the fragment says otherwise
 * (https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides).
 */
export async function postWebhook(request: WebhookRequest, signal: AbortSignal): Promise<WebhookAnswer> {
  const { url, retries, policy, readMs, totalMs } = connectionOverrides(request.url);
  const deadline = performance.now() + totalMs;
  for (let attempts = 1;; attempts++) {
    const limitMs = Math.min(readMs, deadline - performance.now());
    const { status, body, failure } = await attempt(
      url,
      request,
      AbortSignal.any([
        signal,
        AbortSignal.timeout(Math.max(1, Math.ceil(limitMs))),
      ]),
    );
    const again = failure !== null && (policy.has(failure) || policy.has("all")) && attempts <= retries &&
      performance.now() < deadline && !signal.aborted;
    if (!again) return { status, body, attempts };
  }
}

async function attempt(url: string, request: WebhookRequest, signal: AbortSignal): Promise<Attempt> {
  const { params, authToken, idempotencyToken } = request;
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: {
        "content-type": "application/x-www-form-urlencoded; charset=utf-8",
        "i-twilio-idempotency-token": idempotencyToken,
        "user-agent": "TwilioProxy/1.1",
        "x-twilio-signature": getExpectedTwilioSignature(authToken, url, params),
      },
      body: formOf(params),
      client,
      redirect: "manual",
      signal,
    });
    const body = await response.text();
    const failure = response.status >= 500 ? "5xx" : response.status >= 400 ? "4xx" : null;
    return { status: response.status, body, failure };
  } catch (error) {
    const late = signal.aborted;
    return { status: null, body: String(error), failure: late ? "rt" : "ct" };
  }
}

function connectionOverrides(configured: string) {
  const [url = "", fragment = ""] = configured.split("#");
  const overrides = new URLSearchParams(fragment);
  const number = (name: string, otherwise: number) => Number(overrides.get(name) ?? otherwise);
  return {
    url,
    retries: number("rc", 1),
    policy: new Set((overrides.get("rp") ?? "ct").split(",")),
    readMs: number("rt", 15_000),
    totalMs: number("tt", 15_000),
  };
}

function formOf(params: WebhookParams): string {
  const form = new URLSearchParams();
  for (const [name, values] of Object.entries(params)) {
    for (const value of [values].flat()) form.append(name, value);
  }
  return form.toString();
}
