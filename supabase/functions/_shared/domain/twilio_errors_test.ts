import assert from "node:assert/strict";
import { twilioError } from "./twilio_errors.ts";

Deno.test("twilioError() tells apart what must be handled differently", () => {
  assert.equal(twilioError(63016)?.effect, "outside_window");
  assert.equal(twilioError(21610)?.effect, "opted_out");
  for (const code of [63024, 63003, 21211]) assert.equal(twilioError(code)?.effect, "invalid_recipient");
  assert.equal(twilioError(63018)?.effect, "rate_limited");
  assert.deepEqual(twilioError(20003), {
    code: 20003,
    name: "authentication_failed",
    effect: "configuration",
  });
});

Deno.test("what is ours to repair or too fast may go later; of a code that is not known nothing is said", () => {
  for (const code of [20429, 63018]) assert.equal(twilioError(code)?.effect, "rate_limited", String(code));
  for (const code of [20003, 63112]) assert.equal(twilioError(code)?.effect, "configuration", String(code));
  for (const code of [null, 0, 12345]) assert.equal(twilioError(code), null, String(code));
});
