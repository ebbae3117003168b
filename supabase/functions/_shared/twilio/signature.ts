import { Buffer } from "node:buffer";
import { timingSafeEqual } from "node:crypto";
import { getExpectedTwilioSignature } from "twilio/webhooks";
import type { Secret } from "../runtime/secret.ts";
import type { Params } from "./form.ts";

export interface SignedRequest {
  /** The address that Twilio was given, without its query: never taken from the request, whose host is internal. */
  publicUrl: string;
  /** From `?` on as the request carried it, byte for byte; see `rawQueryOf`. */
  rawQuery: string;
  params: Params;
  signature: string | null;
  /** Current token first, then the previous one while a rotation lasts. */
  authTokens: readonly Secret[];
}

/**
 * Whether Twilio signed exactly this (https://www.twilio.com/docs/usage/security#validating-requests).
 *
 * Stricter than the library's `validateRequest`: that one also accepts a query which is equal only after normalizing.
 * The scheme joins names and values without separators (`Bod`+`yX` signs as `Body`+`X`) and drops repeated values,
 * so what is read from `params` must be held to its form afterwards (`parseInbound` does).
 */
export function verifySignature(request: SignedRequest): boolean {
  const given = Buffer.from(request.signature ?? "");
  let valid = false;
  for (const secret of request.authTokens) {
    const token = secret.reveal();
    if (token === "") continue;
    for (const url of portVariants(request.publicUrl)) {
      const expected = Buffer.from(getExpectedTwilioSignature(token, url + request.rawQuery, request.params));
      // No early exit: the time taken says neither which token nor which variant matched.
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

/** Twilio signs some URLs with their port and some without, so both are tried. */
function portVariants(url: string): string[] {
  const parts = /^(https?):\/\/(\[[^\]]*\]|[^/:?#]*)(:\d+)?(.*)$/is.exec(url);
  if (!parts) return [url];
  const [, scheme = "", host = "", port, rest = ""] = parts;
  const standard = scheme.toLowerCase() === "https" ? ":443" : ":80";
  return [`${scheme}://${host}${rest}`, `${scheme}://${host}${port ?? standard}${rest}`];
}

function equal(given: Buffer, expected: Buffer): boolean {
  return given.length === expected.length && timingSafeEqual(given, expected);
}
