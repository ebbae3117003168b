import assert from "node:assert/strict";
import { failed } from "./failure.ts";
import { refusesSystemRole } from "./system_role.ts";

const refusing = [
  "400: System role not supported",
  "500: jinja2.exceptions.TemplateError: System role not supported",
  "400: Conversation roles must alternate user/assistant/user/assistant/...",
  "424 generation: Request failed: Conversation roles must alternate user/assistant/user/assistant/...",
  "400: Only user and assistant roles are supported!",
  "500: Only user, assistant and tool roles are supported, got system.",
  "400 INVALID_ARGUMENT: Developer instruction is not enabled for models/gemma-3-27b-it",
  "400: Unsupported value: 'messages[0].role' does not support 'system' with this model.",
  "400: This model does not support system messages",
  '400: messages: Unexpected role "system". Allowed roles are "user" or "assistant"',
  "400: 'system' is not one of ['user', 'assistant'] - 'messages.0.role'",
  "422 literal_error: Input should be 'user' or 'assistant'",
  "400: System messages are not allowed",
  "400: invalid role: system",
  "400: Unsupported parameter: 'instructions'",
];

for (const detail of refusing) {
  Deno.test(`refusesSystemRole(): ${detail}`, () => {
    assert.ok(refusesSystemRole(failed("request_rejected", { detail })));
  });
}

Deno.test("refusesSystemRole() sees no other failure, and no answer, as such a refusal", () => {
  for (
    const detail of [
      "400: Invalid 'messages'.",
      "400 content_filter: the prompt was flagged by our safety system",
      "429: Rate limit reached",
      "500: Internal system error",
      "401: You must be a user of this organization",
    ]
  ) assert.ok(!refusesSystemRole(failed("request_rejected", { detail })), detail);
  const usage = { model: "m", promptTokens: 1, completionTokens: 1, latencyMs: 1 };
  const answered = failed("content_refused", { detail: "System role not supported", usage });
  assert.ok(!refusesSystemRole(answered));
});
