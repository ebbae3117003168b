import assert from "node:assert/strict";
import { codesByEffect } from "./twilio_error_codes.ts";
import { type ErrorEffect, mayPass, twilioError } from "./twilio_errors.ts";

const codes = [...codesByEffect.values()].flatMap((names) => Object.keys(names).map(Number));

/** One code or more of each kind, as Twilio's pages describe them. */
const effects: Record<ErrorEffect, number[]> = {
  opted_out: [21610, 30630, 63014],
  outside_window: [63016],
  invalid_recipient: [21211, 21614, 30005, 63003, 63015, 63024],
  invalid_content: [21617, 21619, 21656, 63005, 63021, 92007],
  refused_by_channel: [30007, 63013, 63026, 63032, 63033, 63049],
  rate_limited: [20429, 20500, 21611, 21730, 30001, 30022, 30500, 63010, 63012, 63017, 63018],
  configuration: [
    ...[20003, 20404, 21212, 21408, 21603, 21606, 21608, 21655, 21701, 21702, 21703, 21704, 21705],
    ...[30002, 63001, 63007, 63020, 63027, 63028, 63038, 63041, 63051, 63112],
  ],
};

for (const [effect, expected] of Object.entries(effects)) {
  const passes = effect === "rate_limited" || effect === "configuration";
  Deno.test(`${effect} is known by its codes, and ${passes ? "may pass" : "is final"}`, () => {
    for (const code of expected) {
      assert.equal(twilioError(code)?.effect, effect, String(code));
      assert.equal(mayPass(code), passes, String(code));
    }
  });
}

Deno.test("no code is in the table twice, and no name", () => {
  assert.equal(new Set(codes).size, codes.length);
  assert.equal(new Set(codes.map((code) => twilioError(code)?.name)).size, codes.length);
});

Deno.test("a code keeps its number and has a name of ours", () => {
  for (const code of codes) {
    const error = twilioError(code);
    assert.equal(error?.code, code);
    assert.match(error?.name ?? "", /^[a-z][a-z0-9_]+$/);
  }
});

Deno.test("an unknown code is told apart from none, has no effect and does not pass", () => {
  assert.deepEqual(twilioError(12345), { code: 12345, name: "unknown", effect: null });
  for (const nothing of [null, 0]) assert.equal(twilioError(nothing), null, String(nothing));
  for (const code of [null, 0, -1, 12345, 2 ** 31]) assert.equal(mayPass(code), false, String(code));
});

Deno.test("a failure that nobody explains is not sent again: it may have arrived", () => {
  for (const code of [30008, 30410, 63023]) {
    assert.equal(twilioError(code)?.effect, null, String(code));
    assert.notEqual(twilioError(code)?.name, "unknown", String(code));
    assert.equal(mayPass(code), false, String(code));
  }
});
