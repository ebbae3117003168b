import assert from "node:assert/strict";
import { cutAtGrapheme, isVisible } from "./characters.ts";

const family = "👨‍👩‍👧‍👦";

Deno.test("cutAtGrapheme() never leaves half of what is seen as one character", () => {
  assert.equal(cutAtGrapheme(family.repeat(3), 2 * family.length + 3), family.repeat(2));
  assert.equal(cutAtGrapheme("e\u0301e\u0301", 3), "e\u0301");
  assert.equal(cutAtGrapheme("🇧🇷🇦🇷", 6), "🇧🇷");
  assert.equal(cutAtGrapheme("abc", 3), "abc");
});

Deno.test("cutAtGrapheme() cuts one longer than the limit all the same, but not inside a code point", () => {
  const heap = `a${"\u0301".repeat(200)}`;
  assert.equal(cutAtGrapheme(heap, 80), heap.slice(0, 80));
  assert.equal(cutAtGrapheme("😀", 1), "");
  for (let limit = 0; limit < 60; limit++) {
    const cut = cutAtGrapheme(`${family}🎂`.repeat(4), limit);
    assert.ok(cut.length <= limit && cut.isWellFormed(), String(limit));
  }
});

Deno.test("isVisible() sees through blanks, joiners, fillers and accents of nothing", () => {
  for (
    const text of [
      "",
      " \n\t",
      "\u200B\u200B",
      "\uFEFF",
      "\u2060\u00AD",
      "\u3164\u2800",
      "\u00A0\u202E",
      "\u0301",
    ]
  ) {
    assert.equal(isVisible(text), false, JSON.stringify(text));
  }
  for (const text of ["a", ".", "🎂", "ã", "a\u0303", "你", "1️⃣", "\u200B!"]) {
    assert.equal(isVisible(text), true);
  }
});
