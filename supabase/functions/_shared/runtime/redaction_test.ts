import assert from "node:assert/strict";
import fc from "fast-check";
import { isRedactable, redact } from "./redaction.ts";

Deno.test("a secret goes wherever it stands, and with it the one that it holds", () => {
  assert.equal(redact("bad token-1234 and token-1234", ["token-1234"]), "bad [redacted] and [redacted]");
  assert.equal(redact("token-1234-longer", ["token-1234", "token-1234-longer"]), "[redacted]");
});

Deno.test("a secret shorter than eight characters is not searched for: it stands in ordinary words", () => {
  for (const short of ["", "k", "token", "1234567"]) {
    assert.equal(isRedactable(short), false, short);
    assert.equal(redact("a token like 1234567 is weak", [short]), "a token like 1234567 is weak", short);
  }
  assert.equal(isRedactable("12345678"), true);
});

Deno.test("of a phone number four digits stay, and what is no number stays whole", () => {
  assert.equal(redact("To whatsapp:+5511987654321 is not valid", []), "To whatsapp:…4321 is not valid");
  assert.equal(redact("error 21211, HX0123456789abcdef", []), "error 21211, HX0123456789abcdef");
});

Deno.test("a text is cut at a code point", () => {
  const text = `${"a".repeat(299)}👍🏽`;
  assert.equal(redact(text, []), "a".repeat(299));
  assert.equal(redact(`${"a".repeat(298)}👍`, []), `${"a".repeat(298)}👍`);
});

Deno.test("what is left is text that PostgreSQL stores, whatever came", () => {
  assert.equal(redact("a\0b \ud83d", []), "ab \ufffd");
  assert.equal(redact("very-\0secret", ["very-secret"]), "[redacted]");
  const text = fc.oneof(
    fc.string({ unit: "binary", maxLength: 700 }),
    fc.array(fc.constantFrom("\0", "\ud83d", "\ude00", "a", "very-secret", "👍"), { maxLength: 400 })
      .map((parts) => parts.join("")),
  );
  fc.assert(
    fc.property(text, (given) => {
      const clean = redact(given, ["very-secret"]);
      assert.ok(clean.length <= 300 && clean.isWellFormed());
      assert.ok(!clean.includes("\0") && !clean.includes("very-secret"));
    }),
    { seed: 20_261_102, numRuns: 300 },
  );
});
