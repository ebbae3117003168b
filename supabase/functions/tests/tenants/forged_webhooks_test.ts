import assert from "node:assert/strict";
import fc from "fast-check";
import { AppError } from "functions/_shared/runtime/errors.ts";
import { HttpError } from "functions/_shared/runtime/http.ts";
import { Secret } from "functions/_shared/runtime/secret.ts";
import { verifyWebhook } from "functions/_shared/twilio/webhook.ts";
import { changes } from "./forgeries.ts";
import { accounts, type Forgery, home, message, originals, signed, whatCounts } from "./signed_webhooks.ts";

const authTokens = {
  find: (sid: string) => Promise.resolve(accounts[sid]?.map((token) => new Secret(token)) ?? null),
};

async function verdict({ publicUrl, query, body, signature, forwardedHost }: Forgery) {
  const request = new Request(`http://function.internal:8081/${query}`, {
    method: "POST",
    headers: {
      "content-type": "application/x-www-form-urlencoded",
      "x-twilio-signature": signature,
      "x-forwarded-host": forwardedHost,
    },
    body,
  });
  try {
    await verifyWebhook(request, { publicUrl, authTokens });
    return { status: 200, code: null, cause: null, url: request.url };
  } catch (error) {
    if (!(error instanceof HttpError)) throw error;
    const cause = error.cause instanceof AppError ? error.cause.code : null;
    return { status: error.status, code: error.code, cause, url: request.url };
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
      const text = whatCounts(forged.publicUrl, query, textOf(forged));
      const differs = !originals.some((each) =>
        each.signature === forged.signature &&
        whatCounts(each.publicUrl, each.query, textOf(each)) === text
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

Deno.test("what Twilio signed for another address is refused, whatever host the request shows", async () => {
  const addresses: [address: string, cause: string][] = [
    [home.replace("example.test", "other.test"), "signed_for_request_host"],
    [home.replace("example.test", "third.test"), "signature_wrong"],
    [home.replace("https", "http"), "signed_for_other_scheme"],
    [home.replace("/functions/v1", ""), "signed_for_other_path"],
    [home.replace("receive-whatsapp-message", "message-status"), "signature_wrong"],
    [`${home}//`, "signature_wrong"],
  ];
  for (const [address, expected] of addresses) {
    const forged = { ...signed(message, "?a=b", { address }), forwardedHost: "other.test" };
    const { status, code, cause } = await verdict(forged);
    assert.deepEqual([status, code, cause], [403, "signature_invalid", expected], address);
  }
});
