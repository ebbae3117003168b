import assert from "node:assert/strict";
import fc from "fast-check";
import { maxTemplateVariableLength, templateVariable } from "./template_text.ts";

const fixed = { seed: 20_261_101, numRuns: 300 };

Deno.test("line breaks, tabs and runs of blanks become one blank, and the ends are trimmed", () => {
  const cases: [string, string][] = [
    ["Olá!\nTudo bem?", "Olá! Tudo bem?"],
    ["\n a\r\n\r\n\tb\u00a0 \u2003c\u2028d \v\f", "a b c d"],
    ["one     two", "one two"],
    ["nul\0in\u0007the\u0085middle", "nul in the middle"],
    ["'aspas' \"duplas\" {{1}} \\", "'aspas' \"duplas\" {{1}} \\"],
    ["👩‍👩‍👧 e 🇧🇷", "👩‍👩‍👧 e 🇧🇷"],
  ];
  for (const [text, expected] of cases) assert.equal(templateVariable(text), expected);
});

Deno.test("where nothing visible is left, an omission stands", () => {
  for (const text of ["", " ", "\n\t", "\0", "\u200b\u200d", "\ufeff", "\u2060 \u00ad"]) {
    assert.equal(templateVariable(text), "…", JSON.stringify(text));
  }
});

Deno.test("a text of the full length stays whole, a longer one is cut and says so", () => {
  const full = "a".repeat(maxTemplateVariableLength);
  assert.equal(templateVariable(full), full);
  assert.equal(templateVariable(`${full}b`), `${full.slice(1)}…`);
  assert.equal(templateVariable(`one two ${"x".repeat(20)}`, 9), "one two…");
});

Deno.test("a cut falls between graphemes", () => {
  const family = "👩‍👩‍👧";
  assert.equal(templateVariable(`ab${family}${family}`, 2 + family.length + 1), `ab${family}…`);
  assert.equal(templateVariable(`ab${family}${family}`, 2 + family.length), "ab…");
  assert.equal(templateVariable("e\u0301e\u0301e\u0301", 4), "e\u0301…");
});

Deno.test("a grapheme longer than the limit is cut all the same, and not inside a surrogate pair", () => {
  const marks = templateVariable(`a${"\u0301".repeat(5_000)}`);
  assert.equal(marks.length, maxTemplateVariableLength);
  const joined = templateVariable("👩\u200d".repeat(2_000), 10);
  assert.ok(joined.isWellFormed() && joined.length <= 10 && joined.endsWith("…"), joined);
});

Deno.test("half a surrogate pair is no text that a form can carry", () => {
  assert.equal(templateVariable("a\ud83db"), "a\ufffdb");
});

Deno.test("whatever the text, Twilio takes it, and it is not changed when it is given again", () => {
  const text = fc.oneof(
    fc.string({ unit: "grapheme", maxLength: 3_000 }),
    fc.string({ unit: "binary", maxLength: 3_000 }),
    fc.array(fc.constantFrom(" ", "\n", "\t", "a", "é", "👍🏽", "\ud83d"), { maxLength: 3_000 })
      .map((parts) => parts.join("")),
  );
  fc.assert(
    fc.property(text, (given) => {
      const variable = templateVariable(given);
      assert.ok(variable.length > 0 && variable.length <= maxTemplateVariableLength);
      assert.doesNotMatch(variable, /[\r\n\t\0]| {2}|^ | $/);
      assert.ok(variable.isWellFormed());
      assert.equal(templateVariable(variable), variable);
    }),
    fixed,
  );
});

Deno.test("a million characters are no more work than their reading", () => {
  for (const unit of [" a", "\n\t ", "a\u0301", "👍🏽", "\0"]) {
    assert.ok(templateVariable(unit.repeat(500_000)).length <= maxTemplateVariableLength);
  }
});
