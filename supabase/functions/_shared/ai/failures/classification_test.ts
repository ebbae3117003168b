import assert from "node:assert/strict";
import type { ModelFailure } from "../../app/ports/model.ts";
import { classifyBody } from "tests/doubles/openai_errors.ts";

type Case = [status: number, body: unknown];

/** What servers were seen to answer. Status 200: the error stood in a body that should have been an answer. */
const cases: Partial<Record<ModelFailure, Case[]>> = {
  content_refused: [
    [400, {
      error: {
        message:
          "The response was filtered due to the prompt triggering Azure OpenAI's content management policy.",
        code: "content_filter",
        innererror: { code: "ResponsibleAIPolicyViolation" },
      },
    }],
    [400, {
      error: {
        message: "Invalid prompt: your prompt was flagged as potentially violating our usage policy.",
        code: "invalid_prompt",
      },
    }],
    [403, {
      error: {
        message: 'Your chosen model requires moderation and your input was flagged for "violence"',
        code: 403,
        metadata: { reasons: ["violence"] },
      },
    }],
    [400, {
      error: { message: "Content Exists Risk", type: "invalid_request_error", code: "invalid_request_error" },
    }],
    [400, {
      error: { code: "data_inspection_failed", message: "Input data may contain inappropriate content." },
    }],
    [200, {
      error: { code: "1301", message: "The system detected potentially unsafe or sensitive content" },
    }],
    [200, { object: "response", status: "failed", output: [], error: { code: "bio_policy", message: "x" } }],
  ],
  quota_exhausted: [
    [429, {
      error: {
        message: "You exceeded your current quota",
        type: "insufficient_quota",
        code: "insufficient_quota",
      },
    }],
    [402, { error: { message: "Insufficient Balance", type: "unknown_error" } }],
    [400, {
      type: "error",
      error: {
        type: "invalid_request_error",
        message: "Your credit balance is too low to access the Anthropic API.",
      },
    }],
    [400, {
      code: "Arrearage",
      message: "Access denied, please make sure your account is in good standing.",
    }],
    [403, {
      error: { message: "insufficient_user_quota", code: "insufficient_user_quota", type: "new_api_error" },
    }],
    [200, { error: { message: "Insufficient credits", code: 402 } }],
    [200, { base_resp: { status_code: 1008, status_msg: "insufficient balance" }, choices: null }],
  ],
  rate_limited: [
    [429, {
      error: {
        message:
          "Rate limit reached for gpt-4o on tokens per min (TPM): Limit 30000, Used 29000, Requested 2000. You can increase your rate limit by adding a payment method at https://platform.openai.com/account/billing.",
      },
    }],
    [429, ""],
    [429, {
      error: {
        type: "rate_limit_error",
        message:
          "This request would exceed your organization's rate limit of 30,000 input tokens per minute. Please reduce the prompt length or try again later.",
      },
    }],
    [200, { error: { message: "Rate limit exceeded: free-models-per-min", code: 429 }, user_id: "u" }],
    [200, { object: "error", message: "Rate limit", code: 42901 }],
    [200, { error: { message: "slow down", code: "429" } }],
    [503, { code: "Throttling.RateQuota", message: "Requests rate limit exceeded" }],
    [500, {
      error: {
        message: "Provider returned error",
        code: 429,
        metadata: { raw: "x is temporarily rate-limited upstream" },
      },
    }],
  ],
  credentials: [
    [401, { error: { message: "Incorrect API key provided", code: "invalid_api_key" } }],
    [401, ""],
    [403, "<html><title>403 Forbidden</title></html>"],
    [400, [{
      error: {
        code: 400,
        message: "API key not valid. Please pass a valid API key.",
        status: "INVALID_ARGUMENT",
      },
    }]],
    [400, {
      error: {
        code: 400,
        message: "User location is not supported for the API use.",
        status: "FAILED_PRECONDITION",
      },
    }],
    [200, { error: { message: "No auth credentials found", code: 401 } }],
    [200, { error: { type: "authentication_error", message: "invalid x-api-key" } }],
    [200, { type: "error", error: { message: "login", http_code: "401" } }],
  ],
  unavailable: [
    [503, { error: { code: 503, message: "Loading model", type: "unavailable_error" } }],
    [503, { error: "Model bigscience/bloom is currently loading", estimated_time: 20 }],
    [400, { error: { message: "No models loaded. Please load a model in the developer page." } }],
    [404, {
      error: {
        message: "The model `gpt-9` does not exist or you do not have access to it.",
        code: "model_not_found",
      },
    }],
    [404, "404 page not found"],
    [400, {
      error: {
        message: "The model `x` has been decommissioned and is no longer supported.",
        code: "model_decommissioned",
      },
    }],
    [400, { error: { message: "x/y is not a valid model ID", code: 400 } }],
    [400, { error: { message: "Model Not Exist", type: "invalid_request_error" } }],
    [529, { type: "error", error: { type: "overloaded_error", message: "Overloaded" } }],
    [502, "<html><title>502 Bad Gateway</title></html>"],
    [500, ""],
    [424, { error: "Request failed during generation", error_type: "generation" }],
    [200, { error: { message: "Upstream error", code: 502 } }],
    [200, { error: "something odd" }],
    [200, { type: "error", code: "server_error", message: "x", param: null }],
    [200, {
      choices: [{
        finish_reason: "error",
        error: { message: "The provider went away" },
        message: { content: "half" },
      }],
    }],
    [200, {
      object: "response",
      status: "failed",
      output: [],
      error: { code: "server_error", message: "x" },
    }],
    [200, { detail: "Internal trouble" }],
    [503, { error: { message: "The content filter is temporarily unavailable" } }],
  ],
  timeout: [
    [408, ""],
    [200, { error: { code: "timeout", message: "x" } }],
  ],
  request_rejected: [
    [400, { error: { message: "Invalid 'messages'.", type: "invalid_request_error" } }],
    [400, {
      error: {
        message: "Unsupported parameter: 'store' is not supported with this model.",
        code: "unsupported_parameter",
      },
    }],
    [400, { error: { message: "System role not supported" } }],
    [400, "Failed to deserialize the JSON body"],
    [422, { detail: [{ loc: ["body", "messages"], msg: "field required", type: "value_error.missing" }] }],
    [200, { error: { message: "Invalid 'messages'", type: "invalid_request_error" } }],
  ],
};

for (const [failure, bodies] of Object.entries(cases)) {
  for (const [status, body] of bodies) {
    const text = typeof body === "string" ? body : JSON.stringify(body);
    Deno.test(`classify() of ${status} ${text.slice(0, 160)}: ${failure}`, () => {
      assert.equal(classifyBody(status, text), failure);
    });
  }
}
