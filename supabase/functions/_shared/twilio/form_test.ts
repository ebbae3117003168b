import assert from "node:assert/strict";
import { first, parseForm, required, sidFormat, stripNul } from "./form.ts";

Deno.test("parseForm() keeps every parameter, empty, repeated and oddly named ones too", () => {
  const params = parseForm("Body=a+b%26%F0%9F%98%80&Empty=&Tag=1&Tag=2&__proto__=x&constructor=y&flag");
  const expected = {
    Body: "a b&😀",
    Empty: "",
    Tag: ["1", "2"],
    ["__proto__"]: "x",
    constructor: "y",
    flag: "",
  };
  assert.deepEqual(params, expected);
  assert.deepEqual(Object.keys(params), Object.keys(expected));
});

Deno.test("parseForm() refuses more than a thousand parameters, repeated or not", () => {
  assert.equal(Object.keys(parseForm("a=1&".repeat(1_000))).length, 1);
  for (const body of ["a=1&".repeat(1_001), Array.from({ length: 1_001 }, (_, i) => `p${i}=1`).join("&")]) {
    assert.throws(() => parseForm(body), { name: "AppError", code: "too_many_parameters" });
  }
});

Deno.test("stripNul() removes NUL from names and values and leaves the rest", () => {
  assert.deepEqual(stripNul({ "a\0": "x\0y", b: ["\0", "z"] }), { a: "xy", b: ["", "z"] });
});

Deno.test("first() and required() read own parameters only", () => {
  assert.equal(first({ a: ["", "x"], b: "y" }, "b"), "y");
  assert.equal(first({}, "constructor"), null);
  assert.throws(() => required({}, "toString", /./), { code: "missing_to_string" });
});

Deno.test("required() accepts a value that came twice and refuses two values", () => {
  const one = "SM" + "a".repeat(32);
  assert.equal(required({ MessageSid: [one, one] }, "MessageSid", sidFormat), one);
  const two = { MessageSid: [one, "SM" + "b".repeat(32)] };
  assert.throws(() => required(two, "MessageSid", sidFormat), { code: "malformed_message_sid" });
});
