import { Secret } from "functions/_shared/runtime/secret.ts";
import { getExpectedTwilioSignature } from "twilio/webhooks";
import type { AuthTokens } from "functions/_shared/app/ports/auth_tokens.ts";

export const accountSid = `AC${"0".repeat(31)}1`;
export const messageSid = `SM${"0".repeat(31)}1`;
const token = "a-token";

/** One account, `accountSid`. */
export const authTokens: AuthTokens = {
  find: (sid) => Promise.resolve(sid === accountSid ? [new Secret(token)] : null),
};

export interface SignedPost {
  publicUrl: string;
  query?: string;
  token?: string;
}

/** What Twilio posts, as it reaches a function: signed over the public address, at an internal one. */
export function signedPost(params: Record<string, string>, signing: SignedPost): Request {
  const query = signing.query ?? "";
  const signed = getExpectedTwilioSignature(signing.token ?? token, signing.publicUrl + query, params);
  return new Request(`http://function.internal:8081/${query}`, {
    method: "POST",
    headers: { "x-twilio-signature": signed },
    body: new URLSearchParams(params),
  });
}

/** The requests that verify_webhook refuses, whatever the function, by status. */
export function badRequests(params: Record<string, string>, signing: SignedPost) {
  const url = "http://function.internal:8081/";
  const good = () => signedPost(params, signing);
  const changed = (init: RequestInit) =>
    new Request(url, { method: "POST", headers: good().headers, body: new URLSearchParams(params), ...init });
  const headersWith = (name: string, value: string) => {
    const { headers } = good();
    headers.set(name, value);
    return headers;
  };
  const unknown = { ...params, AccountSid: `AC${"0".repeat(31)}2` };
  const { AccountSid: _, ...anonymous } = params;
  const requests: { what: string; status: number; code: string; request: () => Request }[] = [
    { what: "GET", status: 405, code: "method_not_allowed", request: () => new Request(url) },
    {
      what: "PUT",
      status: 405,
      code: "method_not_allowed",
      request: () => changed({ method: "PUT" }),
    },
    {
      what: "JSON",
      status: 415,
      code: "not_a_form",
      request: () => changed({ headers: headersWith("content-type", "application/json") }),
    },
    {
      what: "a body of more than 64 KiB",
      status: 413,
      code: "body_too_large",
      request: () => signedPost({ ...params, Body: "a".repeat(64 * 1024) }, signing),
    },
    {
      what: "a body that is not UTF-8",
      status: 400,
      code: "body_not_utf8",
      request: () => changed({ body: Uint8Array.of(0x42, 0x3d, 0xff) }),
    },
    {
      what: "another account's token",
      status: 403,
      code: "signature_invalid",
      request: () => signedPost(params, { ...signing, token: "another" }),
    },
    {
      what: "no signature",
      status: 403,
      code: "signature_invalid",
      request: () => changed({ headers: headersWith("x-twilio-signature", "") }),
    },
    {
      what: "a changed parameter",
      status: 403,
      code: "signature_invalid",
      request: () => changed({ body: new URLSearchParams({ ...params, From: "whatsapp:+1" }) }),
    },
    {
      what: "an unknown account",
      status: 403,
      code: "signature_invalid",
      request: () => signedPost(unknown, signing),
    },
    {
      what: "no account",
      status: 403,
      code: "signature_invalid",
      request: () => signedPost(anonymous, signing),
    },
  ];
  return requests;
}
