import assert from "node:assert/strict";
import { readBody } from "../body.ts";
import { errorOfRefusal, errorWithin } from "./provider_error.ts";

Deno.test("errorWithin() finds none in answers, whatever else they carry", () => {
  const choices = [{ message: { content: "ok" }, finish_reason: "stop" }];
  const answers: unknown[] = [
    { choices },
    { choices, error: null },
    { choices, error: {} },
    { choices, error: "" },
    { choices, error: { code: 0, message: "" } },
    { choices, code: 0, message: "success" },
    { choices, base_resp: { status_code: 0, status_msg: "success" } },
    { choices, detail: "served from cache" },
    { output: [], error: null, status: "completed", object: "response" },
    { type: "response.created", response: { status: "in_progress", error: null, output: [] } },
    {},
  ];
  for (const answer of answers) assert.equal(errorWithin([answer]), null, JSON.stringify(answer));
});

Deno.test("errorWithin() finds the error that ends a stream", () => {
  const chunk = { choices: [{ delta: { content: "half" } }] };
  for (
    const last of [
      { error: { code: 502, message: "gone" }, choices: [{ delta: {}, finish_reason: "error" }] },
      { choices: [{ delta: {}, finish_reason: "error", error: { code: 502, message: "gone" } }] },
      { type: "response.failed", response: { status: "failed", error: { code: "502", message: "gone" } } },
      { error: { message: '{"error":{"code":502,"message":"gone"}}' } },
    ]
  ) assert.deepEqual(errorWithin([chunk, last]), { status: 502, codes: [], words: "gone" });
});

Deno.test("errorOfRefusal() has the words of every layer, each once, and the innermost server's status", () => {
  const told = {
    error: {
      message: "Provider returned error",
      code: 429,
      metadata: { raw: '{"message":"slow down"}', provider_name: "x", flagged_input: "the customer's words" },
    },
  };
  const words = "Provider returned error: slow down";
  const read = (status: number) => errorOfRefusal(status, readBody(JSON.stringify(told)));
  assert.deepEqual(read(500), { status: 429, codes: [], words });
  assert.deepEqual(read(401), { status: 401, codes: [], words });
});

Deno.test("errorOfRefusal() does not follow wrappings for ever", () => {
  let body: unknown = { message: "inner" };
  for (let layer = 0; layer < 50; layer++) body = { error: body };
  assert.deepEqual(errorOfRefusal(500, { kind: "values", values: [body], isDone: false }).words, "");
});
