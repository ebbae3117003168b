import assert from "node:assert/strict";
import { isTwilioStatus, twilioStatuses } from "./delivery_status.ts";

Deno.test("Twilio's statuses are known as Twilio spells them", () => {
  for (const status of twilioStatuses) assert.ok(isTwilioStatus(status));
  assert.equal(new Set(twilioStatuses).size, twilioStatuses.length);
});

Deno.test("nothing else is a status of Twilio's, our own ones before it included", () => {
  for (
    const other of [
      "Delivered",
      "pending",
      "unknown",
      "",
      " sent",
      null,
      undefined,
      0,
      ["sent"],
      "constructor",
    ]
  ) {
    assert.equal(isTwilioStatus(other), false);
  }
});
