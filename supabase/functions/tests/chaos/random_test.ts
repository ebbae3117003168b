import assert from "node:assert/strict";
import { createRandom } from "./random.ts";

Deno.test("one seed gives one sequence, another seed another", () => {
  const draw = (seed: number) => {
    const random = createRandom(seed);
    return Array.from({ length: 20 }, () => random.between(0, 1_000_000));
  };
  assert.deepEqual(draw(7), draw(7));
  assert.notDeepEqual(draw(7), draw(8));
});

Deno.test("between() reaches both ends and nothing beyond", () => {
  const random = createRandom(1);
  const drawn = new Set(Array.from({ length: 1_000 }, () => random.between(2, 5)));
  assert.deepEqual([...drawn].sort(), [2, 3, 4, 5]);
});
