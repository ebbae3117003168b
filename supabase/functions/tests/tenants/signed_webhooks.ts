import { createHmac } from "node:crypto";

export const accounts = {
  [`AC${"a".repeat(32)}`]: ["the-token-of-a", "the-previous-token-of-a"],
  [`AC${"b".repeat(32)}`]: ["the-token-of-b"],
};
export const [accountA = "", accountB = ""] = Object.keys(accounts);
export const home = "https://example.test/functions/v1/receive-whatsapp-message";

/** A request as an attacker shapes it, starting from one that Twilio signed. */
export interface Forgery {
  publicUrl: string;
  query: string;
  body: Uint8Array<ArrayBuffer>;
  signature: string;
  /** What it says of the host that it was sent to. */
  forwardedHost: string;
}

/** What Twilio signs, written down here anew: address, query, and every name and distinct value in order. */
export function whatIsSigned(url: string, body: string): string {
  const values = new Map<string, Set<string>>();
  for (const [name, value] of new URLSearchParams(body)) {
    values.set(name, (values.get(name) ?? new Set()).add(value));
  }
  const text = [...values].sort(([a], [b]) => a < b ? -1 : 1)
    .map(([name, each]) => [...each].sort().map((value) => name + value).join(""));
  return url + text.join("");
}

/** The same without what makes no difference: the port, slashes at the end, and escapes of what needs none. */
export function whatCounts(address: string, query: string, body: string): string {
  const where = address.replace(/^(https?:\/\/[^/:?#]*):\d+/i, "$1").replace(/\/+$/, "");
  return whatIsSigned(where + unescaped(query), body);
}

export const unescaped = (query: string) =>
  query.replace(/%(?:2[1278A9]|3[ACE]|40|7E)/gi, (each) => decodeURIComponent(each));
export const escaped = (query: string) =>
  query.replace(/["'<>!()*~@:]/g, (each) => `%${each.charCodeAt(0).toString(16).toUpperCase()}`);

export const hmac = (token: string, text: string) => createHmac("sha1", token).update(text).digest("base64");
export const utf8 = (text: string) => new TextEncoder().encode(text);

export function signed(
  params: [string, string][],
  query: string,
  { token = "the-token-of-a", address = home } = {},
): Forgery {
  const body = new URLSearchParams(params).toString();
  const signature = hmac(token, whatIsSigned(address + query, body));
  return { publicUrl: home, query, body: utf8(body), signature, forwardedHost: "example.test" };
}

export const message: [string, string][] = [
  ["AccountSid", accountA],
  ["MessageSid", `SM${"1".repeat(32)}`],
  ["From", "whatsapp:+5511911111111"],
  ["To", "whatsapp:+14155238886"],
  ["Body", "Olá 👋🏽 100% ção + & ="],
  ["ProfileName", ""],
];
const media: [string, string][] = [["MediaUrl0", "https://api.test/ME1?a=b"], ["NumMedia", "1"]];
export const originals = [
  signed(message, ""),
  signed([...message, ...media, ["Body", "twice"]], "?tenant=a&b=%C3%A7"),
  signed(message, "?x", { token: "the-previous-token-of-a" }),
  signed(message, "?loja=d'avo(1)!*~@:", { address: `${home}/` }),
];
