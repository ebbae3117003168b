import assert from "node:assert/strict";
import { redacted } from "./openai_client.ts";

const key = 'k"ey/with=odd+signs';

const cases: [what: string, text: string, key: string, expected: string][] = [
  ["as it is", `told ${key}${key}.`, key, "told [redacted][redacted]."],
  ["in an address", `?key=${encodeURIComponent(key)}&x`, key, "?key=[redacted]&x"],
  ["in JSON", JSON.stringify({ key }), key, '{"key":"[redacted]"}'],
  ["of another", "Incorrect: sk-proj-****abcd.", key, "Incorrect: [redacted]."],
  ["of another, as a header", "Authorization: Bearer abcdefgh12", key, "Authorization: Bearer [redacted]"],
  ["a password in an address", "http://user:pass@host/v1", key, "http://[redacted]@host/v1"],
  [
    "a word for a key",
    "key local is wrong, localhost is not",
    "local",
    "key [redacted] is wrong, localhost is not",
  ],
  ["none", "nothing to hide", "", "nothing to hide"],
];

for (const [what, text, apiKey, expected] of cases) {
  Deno.test(`redacted() hides the key: ${what}`, () => assert.equal(redacted(text, apiKey), expected));
}
