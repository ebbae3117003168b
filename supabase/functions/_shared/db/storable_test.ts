import assert from "node:assert/strict";
import { count, storable } from "./storable.ts";

Deno.test("text loses what PostgreSQL cannot keep, and nothing else, however deep it is", () => {
  assert.deepEqual(
    storable({ "a\0": ["Olá\0!", "half \ud83d of one", { deep: "\udc00" }], n: 1.5, t: true, z: null }),
    { a: ["Olá!", "half \ufffd of one", { deep: "\ufffd" }], n: 1.5, t: true, z: null },
  );
  assert.equal(storable("😀 whole"), "😀 whole");
});

const counts: [given: number | null | undefined, kept: number | null][] = [
  [3.6, 4],
  [-5, 0],
  [1e300, 2_147_483_647],
  [Infinity, 2_147_483_647],
  [NaN, null],
  [null, null],
  [undefined, null],
];
for (const [given, kept] of counts) {
  Deno.test(`a count of ${given} is kept as ${kept}`, () => assert.equal(count(given), kept));
}
