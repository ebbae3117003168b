import assert from "node:assert/strict";
import fc from "fast-check";
import { maxBodyLength, splitText, toWhatsAppFormat, whatsappMessages } from "./whatsapp_text.ts";

Deno.test("toWhatsAppFormat() turns Markdown into WhatsApp's marks", () => {
  const cases: [string, string][] = [
    ["**bold** and **more bold**, ~~gone~~", "*bold* and *more bold*, ~gone~"],
    ["# Title\ntext\n### **Sub** title ###\n", "*Title*\ntext\n*Sub title*"],
    ["see [our site](https://x.br/a_(b)?c=1).", "see our site: https://x.br/a_(b)?c=1."],
    ["[https://x.br](https://x.br) ![](https://x.br/i.png)", "https://x.br https://x.br/i.png"],
    ["* one\n  * two\n- three", "- one\n  - two\n- three"],
    ["above\n\n---\n\nbelow", "above\n\nbelow"],
    ["`a ** b **` and\n```\n# **kept**\n```", "`a ** b **` and\n```\n# **kept**\n```"],
  ];
  for (const [markdown, expected] of cases) assert.equal(toWhatsAppFormat(markdown), expected);
});

Deno.test("toWhatsAppFormat() leaves what only looks like Markdown", () => {
  for (
    const text of ["2 ** 3 ** 4", "*já em negrito*", "#hashtag", "2*3*4", "[1] (x)", "a_b_c", "R$ 10~20"]
  ) {
    assert.equal(toWhatsAppFormat(text), text);
  }
});

Deno.test("splitText() prefers the end of a paragraph, then a line, then a sentence, then a word", () => {
  assert.deepEqual(splitText("One two. Three.\n\nFour five", 20), ["One two. Three.", "Four five"]);
  assert.deepEqual(splitText("One two three\nfour five six", 20), ["One two three", "four five six"]);
  assert.deepEqual(splitText("One two. Three four five", 20), ["One two.", "Three four five"]);
  assert.deepEqual(splitText("One two three four five", 15), ["One two three", "four five"]);
  assert.deepEqual(splitText("R$ 1.500 por mês agora", 20), ["R$ 1.500 por mês", "agora"]);
});

Deno.test("splitText() fills a part to the last unit and cuts long words between graphemes", () => {
  assert.deepEqual(splitText("abcde fghij", 5), ["abcde", "fghij"]);
  assert.deepEqual(splitText("abcdefgh", 5), ["abcde", "fgh"]);
  assert.deepEqual(splitText("👩‍👩‍👧👩‍👩‍👧👩‍👩‍👧", 20), ["👩‍👩‍👧👩‍👩‍👧", "👩‍👩‍👧"]);
  assert.deepEqual(
    splitText("👩‍👩‍👧", 4),
    ["👩‍", "👩‍", "👧"],
    "one longer than a part is still not cut inside a character",
  );
});

Deno.test("whatsappMessages() gives nothing for nothing and one message for what fits", () => {
  assert.deepEqual(whatsappMessages(" \n "), []);
  const exact = "a".repeat(maxBodyLength);
  assert.deepEqual(whatsappMessages(exact), [exact]);
  assert.equal(whatsappMessages(exact + "b").length, 2);
});

Deno.test("splitText() loses nothing but white space, keeps to the limit and never halves a character", () => {
  const piece = fc.oneof(
    fc.string({ unit: "grapheme" }),
    fc.lorem(),
    fc.constantFrom("\n\n", "\n", ". ", " ", "👩‍👩‍👧", "é"),
  );
  const bare = (text: string) => text.replace(/\s/g, "");
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), fc.integer({ min: 2, max: 120 }), (pieces, limit) => {
      const text = pieces.join("");
      const parts = splitText(text, limit);
      assert.equal(bare(parts.join("")), bare(text));
      for (const part of parts) {
        assert.ok(part.length > 0 && part.length <= limit && part === part.trim());
        assert.ok(!/[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/.test(part));
      }
    }),
    { seed: 20_260_101, numRuns: 500 },
  );
});
