import assert from "node:assert/strict";
import { internalKeyHeader, requireInternalKey } from "./internal_key.ts";

const key = "0123456789abcdef";

function request(given: string | null): Request {
  return new Request("http://function.internal/", {
    headers: given === null ? {} : { [internalKeyHeader]: given },
  });
}

Deno.test("the key opens, by its header's name in any case", () => {
  requireInternalKey(request(key), key);
  requireInternalKey(
    new Request("http://function.internal/", { headers: { "X-Internal-Api-Key": key } }),
    key,
  );
});

Deno.test("nothing else does", () => {
  for (const given of [null, "", "x", key.slice(0, -1), `${key}0`, key.toUpperCase(), `${key}, ${key}`]) {
    assert.throws(() => requireInternalKey(request(given), key), {
      status: 401,
      code: "internal_key_invalid",
    });
  }
});

Deno.test("the refusal does not tell the key", () => {
  assert.throws(() => requireInternalKey(request("x"), key), (error: Error) => !error.message.includes(key));
});
