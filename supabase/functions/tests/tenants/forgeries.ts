import {
  accountB,
  escaped,
  type Forgery,
  hmac,
  home,
  originals,
  unescaped,
  utf8,
  whatIsSigned,
} from "./signed_webhooks.ts";

const base64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=-_";
const replaced = (text: string, at: number, by: string, length = 1) =>
  text.slice(0, at % (text.length + 1)) + by + text.slice(at % (text.length + 1) + length);
const printable = (byte: number) => String.fromCharCode(0x21 + byte % 94);

function bytes(
  { body }: Forgery,
  at: number,
  length: number,
  by: number[],
): { body: Uint8Array<ArrayBuffer> } {
  const place = at % (body.length + 1);
  return { body: Uint8Array.of(...body.slice(0, place), ...by, ...body.slice(place + length)) };
}

/** Changes the list of parameters and encodes it again. */
function parameters(forgery: Forgery, change: (params: [string, string][]) => [string, string][]) {
  const params = [...new URLSearchParams(new TextDecoder().decode(forgery.body))];
  return { body: utf8(new URLSearchParams(change(params)).toString()) };
}

const pick = <T>(items: T[], at: number) => at % Math.max(items.length, 1);

type Change = (forgery: Forgery, at: number, byte: number) => Partial<Forgery>;
/** Ways to change a request, by what they are called. */
export const changes: Record<string, Change> = {
  "a byte order mark": (f) => bytes(f, 0, 0, [0xef, 0xbb, 0xbf]),
  "a byte of the signature": (f, at, byte) => ({
    signature: replaced(f.signature, at, base64.charAt(byte % base64.length)),
  }),
  "a shorter signature": (f, at) => ({ signature: f.signature.slice(0, at % f.signature.length) }),
  "a longer signature": (f, at, byte) => ({ signature: replaced(f.signature, at, printable(byte), 0) }),
  "two signatures": (f) => ({ signature: `${f.signature}, ${f.signature}` }),
  "another's signature": (_, at) => ({ signature: originals[pick(originals, at)]?.signature ?? "" }),
  "a signature of no token": (f) => ({
    signature: hmac("", whatIsSigned(home + f.query, new TextDecoder().decode(f.body))),
  }),
  "a byte of the body": (f, at, byte) => bytes(f, at, 1, [byte]),
  "a bit of the body": (f, at, byte) =>
    bytes(f, at, 1, [(f.body[at % f.body.length] ?? 0) ^ (1 << byte % 8)]),
  "a byte more in the body": (f, at, byte) => bytes(f, at, 0, [byte]),
  "a byte less in the body": (f, at) => bytes(f, at, 1, []),
  "a body cut short": (f, at) => ({ body: f.body.slice(0, at % f.body.length) }),
  "a byte of the query": (f, at, byte) => ({ query: replaced(f.query, Math.max(at, 1), printable(byte)) }),
  "a parameter in the query": (f, _, byte) => ({
    query: `${f.query || "?"}${byte % 2 ? "&" : ""}${printable(byte)}`,
  }),
  "the query unescaped": (f) => ({ query: unescaped(f.query) }),
  "the query escaped": (f) => ({ query: escaped(f.query) }),
  "all of the query escaped": (f) => ({ query: f.query.replace(/[^?=]/g, encodeURIComponent) }),
  "a slash at the end": (f) => ({ publicUrl: `${f.publicUrl}/` }),
  "another host shown": (_, at) => ({ forwardedHost: at % 2 ? "evil.test" : "example.test:8443" }),
  "no query": () => ({ query: "" }),
  "a lone question mark": () => ({ query: "?" }),
  "a byte of the address": (f, at, byte) => ({ publicUrl: replaced(f.publicUrl, at, printable(byte)) }),
  "a port in the address": (f, at) => ({
    publicUrl: f.publicUrl.replace(/^(https?:\/\/[^/:]+)/, `$1:${at % 2 ? 443 : 8443}`),
  }),
  "another function's address": (f) => ({
    publicUrl: f.publicUrl.replace("receive-whatsapp-message", "message-status"),
  }),
  "another order": (f, at) =>
    parameters(f, (p) => [...p.slice(pick(p, at)), ...p.slice(0, pick(p, at))].reverse()),
  "a parameter twice": (f, at) => parameters(f, (p) => [...p, ...p.slice(pick(p, at)).slice(0, 1)]),
  "a second value": (f, at, byte) =>
    parameters(
      f,
      (
        p,
      ) => [
        ...p,
        ...p.slice(pick(p, at), pick(p, at) + 1).map(([name]): [string, string] => [name, printable(byte)]),
      ],
    ),
  "a parameter less": (f, at) => parameters(f, (p) => p.filter((_, nth) => nth !== pick(p, at))),
  "a parameter more": (f, at, byte) => parameters(f, (p) => [...p, [printable(at), printable(byte)]]),
  "two values exchanged": (f, at, byte) =>
    parameters(f, (p) =>
      p.map(([name, value], nth) => [
        name,
        (nth === pick(p, at) ? p[pick(p, byte)]?.[1] : nth === pick(p, byte) ? p[pick(p, at)]?.[1] : value) ??
          "",
      ])),
  "a name of another case": (f, at) =>
    parameters(
      f,
      (p) => p.map(([name, value], nth) => [nth === pick(p, at) ? name.toLowerCase() : name, value]),
    ),
  "a name that ends elsewhere": (f, at) =>
    parameters(
      f,
      (p) =>
        p.map(([name, value], nth) =>
          nth === pick(p, at) && name.length > 1 ? [name.slice(0, -1), name.slice(-1) + value] : [name, value]
        ),
    ),
  "another account": (f) =>
    parameters(f, (p) => p.map(([name, value]) => [name, name === "AccountSid" ? accountB : value])),
  "another sender": (f) =>
    parameters(f, (p) => p.map(([name, value]) => [name, name === "To" ? "whatsapp:+15550002222" : value])),
  "every byte escaped": (f) => ({
    body: utf8(
      new TextDecoder().decode(f.body).replace(/[a-z0-9]/gi, (each) => `%${each.charCodeAt(0).toString(16)}`),
    ),
  }),
  "escapes in lower case": (f) => ({
    body: utf8(new TextDecoder().decode(f.body).replace(/%[0-9A-F]{2}/g, (each) => each.toLowerCase())),
  }),
  "blanks as %20": (f) => ({ body: utf8(new TextDecoder().decode(f.body).replaceAll("+", "%20")) }),
  "escaped twice": (f) => ({ body: utf8(new TextDecoder().decode(f.body).replaceAll("%", "%25")) }),
  "another normal form": (f) =>
    parameters(f, (p) => p.map(([name, value]) => [name, value.normalize("NFD")])),
  "empty parameters": (f) => ({ body: utf8(`&&${new TextDecoder().decode(f.body)}&`) }),
};
