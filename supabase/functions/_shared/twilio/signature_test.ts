import { Secret } from "../runtime/secret.ts";
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import fc from "fast-check";
import { type Params, parseForm } from "./form.ts";
import { rawQueryOf, verifySignature } from "./signature.ts";

const secrets = (...tokens: string[]) => tokens.map((each) => new Secret(each));

const publicUrl = "https://project.supabase.co/functions/v1/receive-whatsapp-message";
const token = "local-auth-token";
const sid = (prefix: string) => prefix + "0123456789abcdef".repeat(2);

/** Twilio's published scheme, written a second time, so that the library is not tested with itself. */
function signed(url: string, params: Params): string {
  const names = Object.keys(params).sort();
  const values = (name: string) => [...new Set([params[name] ?? []].flat())].sort();
  return url + names.map((name) => values(name).map((value) => name + value).join("")).join("");
}
const sign = (url: string, params: Params, key = token) =>
  createHmac("sha1", key).update(signed(url, params)).digest("base64");

const realParams = {
  SmsMessageSid: sid("SM"),
  NumMedia: "0",
  ProfileName: "Zoë 🌱",
  MessageType: "text",
  SmsSid: sid("SM"),
  WaId: "5511987654321",
  SmsStatus: "received",
  Body: "Olá! Tudo bem? 👩‍👩‍👧 + 100% & =\r\n\u0000",
  To: "whatsapp:+14155238886",
  NumSegments: "1",
  ReferralNumMedia: "0",
  MessageSid: sid("SM"),
  AccountSid: sid("AC"),
  ChannelMetadata: '{"type":"whatsapp","data":{"context":{"ProfileName":"Zoë 🌱"}}}',
  From: "whatsapp:+5511987654321",
  ApiVersion: "2010-04-01",
};
const request = (changes: Partial<Parameters<typeof verifySignature>[0]> = {}) => ({
  publicUrl,
  rawQuery: "",
  params: realParams,
  signature: sign(publicUrl, realParams),
  authTokens: secrets(token),
  ...changes,
});

Deno.test("verifySignature() agrees with the example in Twilio's documentation", () => {
  const params = {
    CallSid: "CA1234567890ABCDE",
    Caller: "+14158675309",
    Digits: "1234",
    From: "+14158675309",
    To: "+18005551212",
  };
  const example = {
    publicUrl: "https://mycompany.com/myapp.php",
    rawQuery: "?foo=1&bar=2",
    authTokens: secrets("12345"),
  };
  assert.ok(verifySignature({ ...example, params, signature: "RSOYDt4T1cUTdK1PDd93/VVr8B8=" }));
});

Deno.test("verifySignature() accepts Twilio's real parameters, emoji, NUL and empty ones, through a real form body", () => {
  assert.ok(verifySignature(request()));
  const params = { ...realParams, Body: "", ProfileName: "" };
  const received = parseForm(new URLSearchParams(params).toString());
  assert.ok(verifySignature(request({ params: received, signature: sign(publicUrl, params) })));
});

Deno.test("verifySignature() signs repeated parameters once each, in order, as Twilio does", () => {
  const params = parseForm("Tag=b&Tag=a&Tag=b&Body=&Body=x&MessageSid=1");
  assert.deepEqual(params, { Tag: ["b", "a", "b"], Body: ["", "x"], MessageSid: "1" });
  assert.ok(verifySignature(request({ params, signature: sign(publicUrl, params) })));
  assert.ok(
    !verifySignature(request({ params: { ...params, Tag: ["b", "c"] }, signature: sign(publicUrl, params) })),
  );
});

Deno.test("verifySignature() takes the query byte for byte", () => {
  for (
    const rawQuery of ["?forceFunctionRegion=us-east-1", "?a=%27'&b=+%20&c", "?", "?x=%e2%9c%93&x=%E2%9C%93"]
  ) {
    const signature = sign(publicUrl + rawQuery, realParams);
    assert.ok(verifySignature(request({ rawQuery, signature })), rawQuery);
    assert.ok(!verifySignature(request({ rawQuery: `${rawQuery}&`, signature })), rawQuery);
  }
  for (const [signed, shown] of [["?a=%20", "?a=+"], ["?a=%C3%A9", "?a=%c3%a9"], ["?a=%62", "?a=b"]]) {
    const signature = sign(publicUrl + signed, realParams);
    assert.ok(!verifySignature(request({ rawQuery: shown ?? "", signature })), `${shown} for ${signed}`);
  }
});

Deno.test("verifySignature() accepts an apostrophe that was escaped on the way, or in what was signed", () => {
  for (const [signed, shown] of [["?loja=d'avo", "?loja=d%27avo"], ["?loja=d%27avo", "?loja=d'avo"]]) {
    const signature = sign(publicUrl + signed, realParams);
    assert.ok(verifySignature(request({ rawQuery: shown ?? "", signature })), `${shown} for ${signed}`);
    assert.ok(!verifySignature(request({ rawQuery: `${shown}x`, signature })));
    assert.ok(!verifySignature(request({ rawQuery: "?loja=davo", signature })));
  }
});

Deno.test("verifySignature() accepts the public URL signed with and without a slash at its end", () => {
  for (const query of ["", "?a=b"]) {
    const withSlash = sign(`${publicUrl}/${query}`, realParams);
    assert.ok(verifySignature(request({ rawQuery: query, signature: withSlash })));
    const without = { publicUrl: `${publicUrl}/`, rawQuery: query };
    assert.ok(verifySignature(request({ ...without, signature: sign(publicUrl + query, realParams) })));
    for (const other of [`${publicUrl}//`, `${publicUrl}/x`, publicUrl.slice(0, -1)]) {
      assert.ok(!verifySignature(request({ rawQuery: query, signature: sign(other + query, realParams) })));
    }
  }
});

Deno.test("rawQueryOf() keeps the query as it came, whatever the host", () => {
  assert.equal(rawQueryOf("http://edge-runtime.internal:8081/receive?a='%27&b=?#frag"), "?a='%27&b=?");
  assert.equal(rawQueryOf("http://internal/receive?"), "?");
  assert.equal(rawQueryOf("http://internal/receive#a?b"), "");
});

Deno.test("verifySignature() accepts the public URL signed with and without its port", () => {
  const host = "https://project.supabase.co";
  for (const url of [`${host}:443/f`, `${host}/f`]) {
    assert.ok(verifySignature(request({ publicUrl: `${host}/f`, signature: sign(url, realParams) })), url);
  }
  const local = "http://127.0.0.1:54321/functions/v1/f";
  for (const url of [local, local.replace(":54321", "")]) {
    assert.ok(verifySignature(request({ publicUrl: local, signature: sign(url, realParams) })), url);
  }
  assert.ok(
    !verifySignature(request({ publicUrl: local, signature: sign("http://127.0.0.1:8081/f", realParams) })),
  );
});

Deno.test("verifySignature() accepts the previous token during a rotation, and nothing without a token", () => {
  const signature = sign(publicUrl, realParams, "previous");
  assert.ok(verifySignature(request({ signature, authTokens: secrets("current", "previous") })));
  assert.ok(!verifySignature(request({ signature, authTokens: secrets("current") })));
  assert.ok(!verifySignature(request({ authTokens: [] })));
  assert.ok(
    !verifySignature(request({ authTokens: secrets(""), signature: sign(publicUrl, realParams, "") })),
  );
  for (const missing of [null, "", "é".repeat(28), "x".repeat(4_000)]) {
    assert.ok(!verifySignature(request({ signature: missing })));
  }
});

Deno.test("verifySignature() is not led to another scheme by a bodySHA256 in the query", () => {
  const rawQuery = `?bodySHA256=${"0".repeat(64)}`;
  assert.ok(!verifySignature(request({ rawQuery, signature: sign(publicUrl + rawQuery, {}) })));
  assert.ok(verifySignature(request({ rawQuery, signature: sign(publicUrl + rawQuery, realParams) })));
});

const name = fc.oneof(
  fc.constantFrom("Body", "From", "MediaUrl0", "__proto__", "1"),
  fc.string({ unit: "binary" }),
);
const value = fc.oneof(fc.string({ unit: "grapheme" }), fc.string({ unit: "binary", maxLength: 40 }));
const form = fc.array(fc.tuple(name, value), { maxLength: 12 })
  .map((entries) => parseForm(new URLSearchParams(entries).toString()));
const query = fc.oneof(fc.constant(""), fc.webQueryParameters().map((text) => `?${text}`));
const fixed = { seed: 20_260_101, numRuns: 150 };

Deno.test("verifySignature() accepts any form in any order of its parameters", () => {
  fc.assert(
    fc.property(form, query, fc.infiniteStream(fc.nat()), (params, rawQuery, keys) => {
      const signature = sign(publicUrl + rawQuery, params);
      const ranked = Object.entries(params).map((entry) => ({ entry, rank: keys.next().value ?? 0 }));
      const shuffled = Object.fromEntries(ranked.sort((a, b) => a.rank - b.rank).map(({ entry }) => entry));
      assert.ok(verifySignature(request({ params, rawQuery, signature })));
      assert.ok(verifySignature(request({ params: shuffled, rawQuery, signature })));
    }),
    fixed,
  );
});

Deno.test("verifySignature() never accepts a signature with a byte changed", () => {
  fc.assert(
    fc.property(form, fc.nat(27), fc.integer({ min: 1, max: 127 }), (params, at, flip) => {
      const signature = sign(publicUrl, params);
      const byte = String.fromCharCode(signature.charCodeAt(at) ^ flip);
      const changed = signature.slice(0, at) + byte + signature.slice(at + 1);
      assert.ok(!verifySignature(request({ params, signature: changed })));
    }),
    fixed,
  );
});

/** A query without the escapes that make no difference. */
const plain = (query: string) =>
  query.replace(/%(2[1278A9]|3[ACE]|40|7E)/gi, (each) => decodeURIComponent(each));

Deno.test("verifySignature() never accepts what differs in what is signed", () => {
  fc.assert(
    fc.property(form, form, query, query, (params, otherParams, rawQuery, otherQuery) => {
      const signature = sign(publicUrl + rawQuery, params);
      const cases = [[otherParams, rawQuery], [params, otherQuery], [otherParams, otherQuery]] as const;
      for (const [changed, changedQuery] of cases) {
        if (signed(plain(changedQuery), changed) === signed(plain(rawQuery), params)) continue;
        assert.ok(!verifySignature(request({ params: changed, rawQuery: changedQuery, signature })));
      }
      assert.ok(!verifySignature(request({ params, rawQuery, signature, publicUrl: `${publicUrl}x` })));
      assert.ok(!verifySignature(request({ params: { ...params, "~": "x" }, rawQuery, signature })));
    }),
    fixed,
  );
});
