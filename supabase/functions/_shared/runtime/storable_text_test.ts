import assert from "node:assert/strict";
import { cutAt, storableText } from "./storable_text.ts";

const family = "👨‍👩‍👧‍👦";

Deno.test("storableText() leaves out NUL and mends halves of pairs", () => {
  assert.equal(storableText("Pão\0 quente"), "Pão quente");
  assert.equal(storableText("Oi \ud83d fim \ude00"), "Oi \ufffd fim \ufffd");
  // What NUL kept apart does not become a half again.
  assert.ok(storableText("\ud83d\0\ude00").isWellFormed());
  assert.equal(storableText(`${family} ok`), `${family} ok`);
});

Deno.test("cutAt() never leaves half a code point", () => {
  const text = "ab😀cd";
  assert.deepEqual([2, 3, 4, 9].map((limit) => cutAt(text, limit)), ["ab", "ab", "ab😀", text]);
  assert.equal(cutAt("😀", 1), "");
});
