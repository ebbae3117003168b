import assert from "node:assert/strict";
import { conversationStatuses } from "./conversation_status.ts";

Deno.test("a conversation has nine states, each named once", () => {
  assert.equal(new Set(conversationStatuses).size, 9);
  assert.equal(conversationStatuses.length, 9);
});
