import assert from "node:assert/strict";
import { inspect } from "node:util";
import { createLogger } from "./logger.ts";
import { Secret } from "./secret.ts";

Deno.test("a secret is in no log line, string, JSON or inspection, and reveal() gives it", () => {
  const token = new Secret("hunter2");
  const lines: string[] = [];
  createLogger({ write: (line) => lines.push(line) }).info("x.y", { token, nested: { tokens: [token] } });
  const seen = [...lines, `${token}`, JSON.stringify({ token }), Deno.inspect({ token }), inspect({ token })];
  for (const text of [...seen, JSON.stringify(Object.entries(token))]) {
    assert.ok(!text.includes("hunter2"), text);
  }
  assert.equal(token.reveal(), "hunter2");
});
