import { isSigned } from "./signature.ts";
import type { Secret } from "../runtime/secret.ts";
import { accountSidFormat, first, type Params } from "./form.ts";

export interface RefusedRequest {
  publicUrl: string;
  rawQuery: string;
  params: Params;
  signature: string | null;
  /** Null: the account is unknown. */
  authTokens: readonly Secret[] | null;
  /** The request's own URL and headers, believed in nothing but this text. */
  shown: { url: string; headers: Headers };
}

/** For people who look for the mistake in the log: why a signature was refused, and, where it can be told, what was signed. */
export interface NearMiss {
  reason:
    | "signature_missing"
    | "account_missing"
    | "account_unknown"
    | "signed_for_request_host"
    | "signed_for_other_host"
    | "signed_for_other_path"
    | "signed_for_other_scheme"
    | "signed_without_query"
    | "signature_wrong";
  hint: string;
}

/** Each address that is tried costs a reading of the parameters. Twilio's take some 2,000 units, a stranger's may be many. */
const maxSearchedLength = 8_000;

/** Never accepts: it says which other address would have been the right one. An address is named only if Twilio signed it. */
export function nearMiss(request: RefusedRequest): NearMiss {
  const { signature, params, authTokens, publicUrl, rawQuery } = request;
  const accountSid = first(params, "AccountSid");
  if (signature === null || signature === "") {
    return { reason: "signature_missing", hint: "there is no X-Twilio-Signature" };
  }
  if (accountSid === null) return { reason: "account_missing", hint: "there is no AccountSid" };
  if (authTokens === null) {
    const named = accountSidFormat.test(accountSid) ? accountSid : "an AccountSid that is none";
    return { reason: "account_unknown", hint: `${named} is not registered` };
  }
  const wrong = "no address that could be meant is signed: another token, or changed on the way";
  if (!URL.canParse(publicUrl) || JSON.stringify(params).length > maxSearchedLength) {
    return { reason: "signature_wrong", hint: wrong };
  }

  const tried = { params, signature, authTokens };
  const signed =
    candidates(request).filter((address) =>
      isSigned([address + rawQuery, otherEnd(address) + rawQuery], tried)
    )[0];
  if (signed !== undefined) {
    const hint = `Twilio signed ${signed}, and PUBLIC_FUNCTIONS_URL leads to ${publicUrl}`;
    return { reason: whatDiffers(signed, request), hint };
  }
  if (rawQuery !== "" && isSigned([publicUrl, otherEnd(publicUrl)], tried)) {
    return { reason: "signed_without_query", hint: "Twilio signed the address without this query" };
  }
  return { reason: "signature_wrong", hint: wrong };
}

/** Addresses that the request, the gateway in front of it or an earlier deployment may have had. */
function candidates({ publicUrl, shown }: RefusedRequest): string[] {
  const own = new URL(publicUrl);
  const seen = new URL(shown.url);
  const name = own.pathname.split("/").filter(Boolean).at(-1) ?? "";
  const paths = [...new Set([own.pathname, seen.pathname, `/functions/v1${seen.pathname}`])];
  const schemes = new Set(["https", forwarded(shown.headers, "proto") ?? "http"]);
  const hosts = [forwarded(shown.headers, "host"), seen.host].flatMap((host) => host ?? []);
  // The address that functions had before theirs went under /functions/v1.
  const project = /^([a-z0-9]+)\.supabase\.co$/.exec(own.host)?.[1];
  const all = [
    ...[...paths, `/functions/v1/${name}`, `/${name}`].map((path) => own.origin + path),
    `${own.protocol === "https:" ? "http" : "https"}://${own.host}${own.pathname}`,
    ...(project === undefined ? [] : [`https://${project}.functions.supabase.co/${name}`]),
    ...hosts.flatMap((host) =>
      [...schemes].flatMap((scheme) => paths.map((path) => `${scheme}://${host}${path}`))
    ),
  ];
  return [...new Set(all)].filter((address) => address !== publicUrl && URL.canParse(address));
}

function otherEnd(address: string): string {
  return address.endsWith("/") ? address.slice(0, -1) : `${address}/`;
}

/** The first of what proxies have added; null when it is none, or nothing that an address may hold. */
function forwarded(headers: Headers, name: "host" | "proto"): string | null {
  const value = headers.get(`x-forwarded-${name}`)?.split(",", 1)[0]?.trim().toLowerCase() ?? "";
  const format = name === "host" ? /^[a-z0-9._-]{1,253}(:\d{1,5})?$/ : /^https?$/;
  return format.test(value) ? value : null;
}

function whatDiffers(signed: string, { publicUrl, shown }: RefusedRequest): NearMiss["reason"] {
  const [other, own] = [new URL(signed), new URL(publicUrl)];
  if (other.host !== own.host) {
    const shownHosts = [forwarded(shown.headers, "host"), new URL(shown.url).host];
    return shownHosts.includes(other.host) ? "signed_for_request_host" : "signed_for_other_host";
  }
  return other.pathname === own.pathname ? "signed_for_other_scheme" : "signed_for_other_path";
}
