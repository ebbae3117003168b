import assert from "node:assert/strict";
import { conversationStatuses, isFinal } from "./conversation_status.ts";

Deno.test("a conversation has nine states, five of them final", () => {
  assert.equal(new Set(conversationStatuses).size, 9);
  assert.deepEqual(conversationStatuses.filter(isFinal), [
    "agent_closed",
    "user_closed",
    "support_closed",
    "expired",
    "failed",
  ]);
});
