import assert from "node:assert/strict";
import { usageOf } from "./usage.ts";

const asked = { model: "asked", latencyMs: 12.6 };

Deno.test("usageOf() reads the counts of both APIs", () => {
  const expected = { model: "served", promptTokens: 11, completionTokens: 7, latencyMs: 13 };
  for (
    const usage of [
      { prompt_tokens: 11, completion_tokens: 7, total_tokens: 18 },
      { input_tokens: 11, output_tokens: 7, total_tokens: 18 },
      { prompt_tokens: null, input_tokens: 11, output_tokens: "7" },
    ]
  ) {
    assert.deepEqual(usageOf({ model: "served", usage }, asked), expected);
  }
});

Deno.test("usageOf() gives whole numbers that a ledger can hold, whatever is counted", () => {
  const odd: [unknown, number][] = [
    [-5, 0],
    [-0.1, 0],
    [10.4, 10],
    [1e12, 2_147_483_647],
    [Infinity, 2_147_483_647],
    [NaN, 0],
    ["many", 0],
    [null, 0],
    [{}, 0],
    [[3], 0],
    [true, 0],
  ];
  for (const [count, expected] of odd) {
    const { promptTokens, completionTokens } = usageOf({
      model: null,
      usage: { prompt_tokens: count, completion_tokens: count },
    }, asked);
    assert.ok(Object.is(promptTokens, expected) && Object.is(completionTokens, expected), String(count));
  }
});

Deno.test("usageOf() books nothing without a count, under a name that can be stored", () => {
  for (const usage of [undefined, null, "none", [], 3]) {
    assert.equal(usageOf({ model: null, usage }, asked).promptTokens, 0);
  }
  const named = (model: string | null) => usageOf({ model, usage: null }, asked).model;
  assert.deepEqual(["m\0x", "m\ud83dx", "\0", " ", null].map(named), [
    "mx",
    "m\ufffdx",
    "asked",
    "asked",
    "asked",
  ]);
  assert.ok(named("😀".repeat(500)).length <= 200 && named("😀".repeat(500)).isWellFormed());
});
