import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import fc from "fast-check";
import { HttpError } from "functions/_shared/runtime/http.ts";
import { Secret } from "functions/_shared/runtime/secret.ts";
import { verifyWebhook } from "functions/_shared/twilio/webhook.ts";

const accounts = {
  [`AC${"a".repeat(32)}`]: ["the-token-of-a", "the-previous-token-of-a"],
  [`AC${"b".repeat(32)}`]: ["the-token-of-b"],
};
const [accountA = "", accountB = ""] = Object.keys(accounts);
const authTokens = {
  find: (sid: string) => Promise.resolve(accounts[sid]?.map((token) => new Secret(token)) ?? null),
};
const home = "https://example.test/functions/v1/receive-whatsapp-message";

/** A request as an attacker shapes it, starting from one that Twilio signed. */
interface Forgery {
  publicUrl: string;
  query: string;
  body: Uint8Array<ArrayBuffer>;
  signature: string;
}

/** What Twilio signs, written down here anew: address, query, and every name and distinct value in order. */
function whatIsSigned(url: string, body: string): string {
  const values = new Map<string, Set<string>>();
  for (const [name, value] of new URLSearchParams(body)) {
    values.set(name, (values.get(name) ?? new Set()).add(value));
  }
  const text = [...values].sort(([a], [b]) => a < b ? -1 : 1)
    .map(([name, each]) => [...each].sort().map((value) => name + value).join(""));
  // Twilio signs with the port or without it: that difference is none.
  return url.replace(/^(https?:\/\/[^/:?#]*):\d+/i, "$1") + text.join("");
}

const hmac = (token: string, text: string) => createHmac("sha1", token).update(text).digest("base64");
const utf8 = (text: string) => new TextEncoder().encode(text);

function signed(params: [string, string][], query: string, token: string): Forgery {
  const body = new URLSearchParams(params).toString();
  const signature = hmac(token, whatIsSigned(home + query, body));
  return { publicUrl: home, query, body: utf8(body), signature };
}

const message: [string, string][] = [
  ["AccountSid", accountA],
  ["MessageSid", `SM${"1".repeat(32)}`],
  ["From", "whatsapp:+5511911111111"],
  ["To", "whatsapp:+14155238886"],
  ["Body", "Olá 👋🏽 100% ção + & ="],
  ["ProfileName", ""],
];
const media: [string, string][] = [["MediaUrl0", "https://api.test/ME1?a=b"], ["NumMedia", "1"]];
const originals = [
  signed(message, "", "the-token-of-a"),
  signed([...message, ...media, ["Body", "twice"]], "?tenant=a&b=%C3%A7", "the-token-of-a"),
  signed(message, "?x", "the-previous-token-of-a"),
];

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
const changes: Record<string, Change> = {
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

async function verdict({ publicUrl, query, body, signature }: Forgery) {
  const request = new Request(`http://function.internal:8081/${query}`, {
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded", "x-twilio-signature": signature },
    body,
  });
  try {
    await verifyWebhook(request, { publicUrl, authTokens });
    return { status: 200, url: request.url };
  } catch (error) {
    if (error instanceof HttpError) return { status: error.status, url: request.url };
    throw error;
  }
}

const textOf = ({ body }: Forgery) => new TextDecoder("utf-8", { ignoreBOM: true }).decode(body);
const variation = fc.record({
  original: fc.constantFrom(...originals),
  steps: fc.array(
    fc.record({ what: fc.constantFrom(...Object.keys(changes)), at: fc.nat(4_096), byte: fc.nat(255) }),
    { minLength: 1, maxLength: 3 },
  ),
});

Deno.test("of 10,000 forged webhooks none is accepted that differs in what is signed", async () => {
  const statuses = new Map<number, number>();
  await fc.assert(
    fc.asyncProperty(variation, async ({ original, steps }) => {
      const forged = steps.reduce<Forgery>(
        (forgery, { what, at, byte }) => ({ ...forgery, ...changes[what]?.(forgery, at, byte) }),
        original,
      );
      const { status, url } = await verdict(forged);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      const query = /\?[^#]*/.exec(url)?.[0] ?? "";
      const text = whatIsSigned(forged.publicUrl + query, textOf(forged));
      const differs = !originals.some((each) =>
        each.signature === forged.signature &&
        whatIsSigned(each.publicUrl + each.query, textOf(each)) === text
      );
      assert.ok(!differs || (status >= 400 && status < 500), `${status}`);
    }),
    { numRuns: 10_000, seed: 20_251 },
  );
  assert.ok((statuses.get(403) ?? 0) > 5_000, "most reach the signature");
  assert.ok((statuses.get(200) ?? 0) > 500, "what differs in form alone is accepted");
});

Deno.test("what Twilio signed itself is accepted, with the previous token too", async () => {
  for (const original of originals) assert.equal((await verdict(original)).status, 200);
});
