import { Secret } from "./secret.ts";
import assert from "node:assert/strict";
import { internalKeyHeader, requireInternalKey } from "./internal_key.ts";

const key = "0123456789abcdef";

function request(given: string | null): Request {
  return new Request("http://function.internal/", {
    headers: given === null ? {} : { [internalKeyHeader]: given },
  });
}

Deno.test("the key opens, by its header's name in any case", () => {
  requireInternalKey(request(key), [new Secret(key)]);
  requireInternalKey(
    new Request("http://function.internal/", { headers: { "X-Internal-Api-Key": key } }),
    [new Secret(key)],
  );
});

Deno.test("while one key follows another both open, in any order, and nothing else", () => {
  const keys = ["fedcba9876543210", key].map((each) => new Secret(each));
  for (const given of [key, "fedcba9876543210"]) {
    requireInternalKey(request(given), keys);
    requireInternalKey(request(given), keys.toReversed());
  }
  for (const given of [null, "", `fedcba9876543210,${key}`, "fedcba9876543211"]) {
    assert.throws(() => requireInternalKey(request(given), keys), { status: 401 });
  }
});

Deno.test("nothing else does", () => {
  for (const given of [null, "", "x", key.slice(0, -1), `${key}0`, key.toUpperCase(), `${key}, ${key}`]) {
    assert.throws(() => requireInternalKey(request(given), [new Secret(key)]), {
      status: 401,
      code: "internal_key_invalid",
    });
  }
});

Deno.test("the refusal does not tell the key", () => {
  assert.throws(
    () => requireInternalKey(request("x"), [new Secret(key)]),
    (error: Error) => !error.message.includes(key),
  );
});
