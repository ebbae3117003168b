import assert from "node:assert/strict";
import { createAttribution } from "./attribution.ts";

const maria = "whatsapp:+5511987654321";
const emma = "whatsapp:+447700900142";
const line = (fields: Record<string, unknown>) => ({
  at: "",
  level: "info" as const,
  event: "any.event",
  ...fields,
});

Deno.test("a session is known by the message or the masked address it was once named with", () => {
  const attribution = createAttribution((sid) => sid === "SM1" ? maria : null);
  attribution.know(maria);
  attribution.know(emma);
  assert.equal(attribution.customerOf(line({ session_id: "s1" })), null);
  assert.equal(attribution.customerOf(line({ session_id: "s1", message_sid: "SM1" })), maria);
  assert.equal(attribution.customerOf(line({ session_id: "s1" })), maria);
  assert.equal(attribution.customerOf(line({ session_id: "s2", customer: "whatsapp:…0142" })), emma);
  assert.equal(attribution.customerOf(line({ session_id: "s2" })), emma);
});

Deno.test("an address that fits two customers tells nothing", () => {
  const attribution = createAttribution(() => null);
  attribution.know(maria);
  attribution.know("whatsapp:+5511000004321");
  assert.equal(attribution.customerOf(line({ customer: "whatsapp:…4321" })), null);
});

Deno.test("the sweep's one request does not mix up the sessions it is about", () => {
  const attribution = createAttribution((sid) => sid === "SM1" ? maria : null);
  attribution.customerOf(line({ request_id: "r1", session_id: "s1", message_sid: "SM1" }));
  assert.equal(attribution.customerOf(line({ request_id: "r1", session_id: "s2" })), null);
});
