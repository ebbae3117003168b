import assert from "node:assert/strict";
import { isFinal, twilioError } from "./twilio_errors.ts";

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

Deno.test("only codes that are known to fail again are final", () => {
  for (const code of [63016, 21610, 63024, 21617]) assert.equal(isFinal(code), true, String(code));
  for (const code of [null, 0, 12345, 20429, 63018, 20003, 63112]) {
    assert.equal(isFinal(code), false, String(code));
  }
  assert.equal(twilioError(null), null);
});
