import assert from "node:assert/strict";
import { getExpectedTwilioSignature } from "twilio/webhooks";
import { Secret } from "../runtime/secret.ts";
import { nearMiss, type RefusedRequest } from "./near_miss.ts";

const token = "local-auth-token";
const accountSid = `AC${"0".repeat(31)}1`;
const params = { AccountSid: accountSid, Body: "Olá", MessageSid: `SM${"1".repeat(32)}` };
const publicUrl = "https://project.supabase.co/functions/v1/receive-whatsapp-message";

/** A request that Twilio signed for `address`, as it reaches the function behind the gateway. */
function refused(address: string, changes: Partial<RefusedRequest> = {}): RefusedRequest {
  return {
    publicUrl,
    rawQuery: "",
    params,
    signature: getExpectedTwilioSignature(token, address, params),
    authTokens: [new Secret("another"), new Secret(token)],
    shown: { url: "http://edge-runtime.internal:8081/receive-whatsapp-message", headers: new Headers() },
    ...changes,
  };
}

const through = (headers: Record<string, string>, path = "/receive-whatsapp-message") => ({
  shown: { url: `http://edge-runtime.internal:8081${path}`, headers: new Headers(headers) },
});

const misses: { signed: string; reason: string; changes?: Partial<RefusedRequest> }[] = [
  {
    signed: "https://bot.example.com/functions/v1/receive-whatsapp-message",
    reason: "signed_for_request_host",
    changes: through({ "x-forwarded-host": "bot.example.com, inner.test", "x-forwarded-proto": "https" }),
  },
  {
    signed: "https://bot.example.com:8443/hooks/",
    reason: "signed_for_request_host",
    changes: through({ "x-forwarded-host": "Bot.example.com:8443" }, "/hooks"),
  },
  {
    signed: "http://edge-runtime.internal:8081/receive-whatsapp-message",
    reason: "signed_for_request_host",
  },
  {
    signed: "https://project.functions.supabase.co/receive-whatsapp-message",
    reason: "signed_for_other_host",
  },
  { signed: "https://project.supabase.co/receive-whatsapp-message", reason: "signed_for_other_path" },
  {
    signed: "https://project.supabase.co/functions/v1/receive-whatsapp-message/old",
    reason: "signed_for_other_path",
    changes: through({}, "/receive-whatsapp-message/old"),
  },
  {
    signed: "http://project.supabase.co/functions/v1/receive-whatsapp-message",
    reason: "signed_for_other_scheme",
  },
];

for (const { signed, reason, changes } of misses) {
  Deno.test(`${signed} was signed: ${reason}`, () => {
    const miss = nearMiss(refused(signed, changes));
    assert.equal(miss.reason, reason);
    const named = signed.replace(/\/$/, "");
    assert.ok(miss.hint.includes(named) && miss.hint.includes(publicUrl), miss.hint);
  });
}

Deno.test("the query belongs to what is signed, and its absence is told", () => {
  const rawQuery = "?loja=d'avo";
  const other = "http://project.supabase.co/functions/v1/receive-whatsapp-message";
  assert.equal(nearMiss(refused(other + rawQuery, { rawQuery })).reason, "signed_for_other_scheme");
  assert.ok(!nearMiss(refused(other + rawQuery, { rawQuery })).hint.includes("loja"));
  assert.equal(nearMiss(refused(publicUrl, { rawQuery })).reason, "signed_without_query");
});

Deno.test("what is missing or unknown is named first", () => {
  for (const signature of [null, ""]) {
    assert.equal(nearMiss(refused(publicUrl, { signature })).reason, "signature_missing");
  }
  assert.equal(nearMiss(refused(publicUrl, { params: {} })).reason, "account_missing");
  const unknown = nearMiss(refused(publicUrl, { authTokens: null }));
  assert.equal(unknown.reason, "account_unknown");
  assert.ok(unknown.hint.includes(accountSid));
  const nonsense = { params: { AccountSid: "<b>\n" }, authTokens: null };
  assert.ok(!nearMiss(refused(publicUrl, nonsense)).hint.includes("<b>"));
});

Deno.test("a host that nobody signed for is not named, whatever the headers say", () => {
  const changes = { ...through({ "x-forwarded-host": "evil.test" }), signature: "x".repeat(28) };
  const miss = nearMiss(refused(publicUrl, changes));
  assert.equal(miss.reason, "signature_wrong");
  assert.ok(!miss.hint.includes("evil.test"));
});

Deno.test("headers that hold no host are passed over", () => {
  for (const host of ["a b", "x/../y", "user@host", "", ","]) {
    const changes = through({ "x-forwarded-host": host, "x-forwarded-proto": "ftp" });
    assert.equal(nearMiss(refused("https://elsewhere.test/", changes)).reason, "signature_wrong", host);
  }
});

Deno.test("an address that is none, and a body of nobody's size, are not searched", () => {
  assert.equal(nearMiss(refused(publicUrl, { publicUrl: "nowhere" })).reason, "signature_wrong");
  const large = { ...params, Body: "a".repeat(8_000) };
  const signature = getExpectedTwilioSignature(token, publicUrl.replace("https", "http"), large);
  assert.equal(nearMiss(refused(publicUrl, { params: large, signature })).reason, "signature_wrong");
});
