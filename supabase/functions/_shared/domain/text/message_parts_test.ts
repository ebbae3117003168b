import assert from "node:assert/strict";
import fc from "fast-check";
import { splitText } from "./message_parts.ts";

Deno.test("a part ends with a paragraph, then a line, then a sentence, then a word", () => {
  assert.deepEqual(splitText("One two. Three.\n\nFour five", 20), ["One two. Three.", "Four five"]);
  assert.deepEqual(splitText("One two three\nfour five six", 20), ["One two three", "four five six"]);
  assert.deepEqual(splitText("One two. Three four five", 20), ["One two.", "Three four five"]);
  assert.deepEqual(splitText("One two three four five", 15), ["One two three", "four five"]);
  assert.deepEqual(splitText("كيف حالك؟ أنا بخير شكرا", 18), ["كيف حالك؟", "أنا بخير شكرا"]);
  assert.deepEqual(splitText("今日は晴れです。明日は雨、たぶん", 12), [
    "今日は晴れです。",
    "明日は雨、たぶん",
  ]);
  assert.deepEqual(splitText("今日は「はい。」と彼", 8), ["今日は「はい。」", "と彼"]);
});

Deno.test("numbers and links stay whole, and an item stays with its marker", () => {
  assert.deepEqual(splitText("Isso custa R$ 1 500 por mês", 17), ["Isso custa", "R$ 1 500 por mês"]);
  assert.deepEqual(splitText("Ligue já +55 (11) 98765-4321", 24), ["Ligue já", "+55 (11) 98765-4321"]);
  assert.deepEqual(splitText("Veja em https://x.br/um/dois", 22), ["Veja em", "https://x.br/um/dois"]);
  assert.deepEqual(splitText("a b c\n- interminavelmente", 20), ["a b c", "- interminavelmente"]);
  assert.deepEqual(splitText("um dois\n10. interminavelmente", 24), ["um dois", "10. interminavelmente"]);
});

Deno.test("a part is filled to the last unit, and long words are cut between graphemes", () => {
  assert.deepEqual(splitText("abcde fghij", 5), ["abcde", "fghij"]);
  assert.deepEqual(splitText("abcdefgh", 5), ["abcde", "fgh"]);
  assert.deepEqual(splitText("👩‍👩‍👧👩‍👩‍👧👩‍👩‍👧", 20), ["👩‍👩‍👧👩‍👩‍👧", "👩‍👩‍👧"]);
  assert.deepEqual(splitText("🇧🇷🇦🇷🇨🇱", 7), ["🇧🇷", "🇦🇷", "🇨🇱"]);
  // One longer than a part is still not cut inside a code point.
  assert.deepEqual(splitText("👩‍👩‍👧", 4), ["👩‍", "👩‍", "👧"]);
});

Deno.test("what is marked on both sides of a cut is marked in both parts", () => {
  const words = "abcd ".repeat(11).trim();
  assert.deepEqual(splitText(`*${words}*`, 40), [
    "*abcd abcd abcd abcd abcd abcd abcd*",
    "*abcd abcd abcd abcd*",
  ]);
  assert.deepEqual(splitText("```\n" + "  line of code\n".repeat(4) + "```", 40), [
    "```\n  line of code\n  line of code\n```",
    "```\n  line of code\n  line of code\n```",
  ]);
});

Deno.test("blanks in a block of code are no part of their own", () => {
  for (const blanks of [" ".repeat(500), "\n".repeat(500), " \n".repeat(200)]) {
    assert.deepEqual(splitText("```\na" + blanks + "b\n```", 40), ["```\na\n```", "```\nb\n```"]);
  }
  assert.deepEqual(splitText("```\na" + "\n  ".repeat(200) + "b\n```", 40), ["```\na\n```", "```\n  b\n```"]);
  for (let indentation = 0; indentation < 80; indentation++) {
    const code = "```\n" + "x".repeat(25) + "\n" + " ".repeat(indentation) + "a".repeat(50) +
      " ".repeat(indentation) + "\n```";
    for (const part of splitText(code, 40)) assert.match(part, /^```\n *[ax][^`]*\n```$/);
  }
});

Deno.test("where a mark ends within the limit, nothing is left for another part", () => {
  const code = "```\n" + "word ".repeat(7) + "\n```";
  assert.deepEqual(splitText(code, 42), ["```\n" + "word ".repeat(7).trim() + "\n```"]);
});

Deno.test("splitText() loses nothing but white space, keeps to the limit and cuts no grapheme that fits", () => {
  const piece = fc.oneof(
    fc.string({ unit: "grapheme" }),
    fc.lorem(),
    fc.constantFrom("\n\n", "\n", ". ", " ", " \u0301", "👩‍👩‍👧", "🇧🇷", "👍🏽", "e\u0301", "\u200D"),
  );
  const bare = (text: string) => text.replace(/\s/g, "");
  const graphemes = new Intl.Segmenter();
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), fc.integer({ min: 20, max: 39 }), (pieces, limit) => {
      const text = pieces.join("").trim();
      const parts = splitText(text, limit);
      assert.equal(bare(parts.join("")), bare(text));
      for (const part of parts) {
        assert.ok(part.length > 0 && part.length <= limit && part.trim() !== "" && part.isWellFormed());
      }
      const segments = [...graphemes.segment(text)];
      if (segments.some(({ segment }) => segment.length > limit)) return;
      const begins = new Set(segments.map(({ index }) => index));
      let at = 0;
      for (const part of parts) {
        at = text.indexOf(part, at);
        assert.ok(begins.has(at), JSON.stringify([text, part]));
        at += part.length;
      }
    }),
    { seed: 20_260_101, numRuns: 500 },
  );
});
