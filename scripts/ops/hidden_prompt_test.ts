import assert from "node:assert/strict";
import { readLine } from "./hidden_prompt.ts";

/** What is written, in the chunks in which a terminal gives it. */
const written = (...chunks: string[]) => () => chunks.shift() ?? null;

Deno.test("a hidden line ends with Enter, however it comes", () => {
  assert.equal(readLine(written("token\r")), "token");
  assert.equal(readLine(written("t", "ok", "en\n", "not read")), "token");
  assert.equal(readLine(written("\n")), "");
});

Deno.test("what was erased is not in it", () => {
  assert.equal(readLine(written("tx\u007foken", "s\b", "\r")), "token");
  assert.equal(readLine(written("\u007f\u007ftoken\r")), "token");
});

Deno.test("a line that ends with the input counts; nothing at all is null", () => {
  assert.equal(readLine(written("token")), "token");
  assert.equal(readLine(written()), null);
});
