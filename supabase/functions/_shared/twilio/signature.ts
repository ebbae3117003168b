import { Buffer } from "node:buffer";
import { timingSafeEqual } from "node:crypto";
import { getExpectedTwilioSignature } from "twilio/webhooks";
import type { Secret } from "../runtime/secret.ts";
import type { Params } from "./form.ts";
import { spellingsOf } from "./signed_address.ts";

export interface Signed {
  params: Params;
  signature: string | null;
  /** Current token first, then the previous one while a rotation lasts. */
  authTokens: readonly Secret[];
}

export interface SignedRequest extends Signed {
  /** The address that Twilio was given, without its query: never taken from the request, whose host is internal. */
  publicUrl: string;
  /** From `?` on as the request carried it, byte for byte; see `rawQueryOf`. */
  rawQuery: string;
}

/**
 * Whether Twilio signed this address (in one of its spellings) with these parameters
 * (https://www.twilio.com/docs/usage/security#validating-requests).
 *
 * Stricter than the library's `validateRequest`: that one also accepts a query which is equal only after normalizing.
 * The scheme joins names and values without separators (`Bod`+`yX` signs as `Body`+`X`) and drops repeated values,
 * so what is read from `params` must be held to its form afterwards (`parseInbound` does).
 */
export function verifySignature({ publicUrl, rawQuery, ...signed }: SignedRequest): boolean {
  return isSigned(spellingsOf(publicUrl, rawQuery), signed);
}

/** Whether Twilio signed one of these very addresses, each with its query, with these parameters. */
export function isSigned(urls: string[], { params, signature, authTokens }: Signed): boolean {
  const given = Buffer.from(signature ?? "");
  let valid = false;
  for (const secret of authTokens) {
    const token = secret.reveal();
    if (token === "") continue;
    for (const url of urls) {
      const expected = Buffer.from(getExpectedTwilioSignature(token, url, params));
      // No early exit: the time taken says neither which token nor which address matched.
      valid = equal(given, expected) || valid;
    }
  }
  return valid;
}

/** `?a=b` of a request's URL as it came, empty when there is none. `URL.search` would re-encode it and lose a lone `?`. */
export function rawQueryOf(url: string): string {
  const withoutFragment = url.split("#", 1)[0] ?? "";
  const start = withoutFragment.indexOf("?");
  return start < 0 ? "" : withoutFragment.slice(start);
}

function equal(given: Buffer, expected: Buffer): boolean {
  return given.length === expected.length && timingSafeEqual(given, expected);
}
