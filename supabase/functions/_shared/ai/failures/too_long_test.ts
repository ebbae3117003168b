import assert from "node:assert/strict";
import { classifyBody } from "tests/doubles/openai_errors.ts";

/** What servers were seen to answer; texts are bodies as they are. */
const cases: [status: number, body: unknown][] = [
  [400, {
    error: {
      message:
        "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens.",
      type: "invalid_request_error",
      code: "context_length_exceeded",
    },
  }],
  [400, {
    error: {
      message: "Your input exceeds the context window of this model. Please adjust your input and try again.",
    },
  }],
  [400, {
    error: {
      message: "Invalid 'input': string too long. Expected at most 1048576.",
      code: "string_above_max_length",
    },
  }],
  [400, {
    type: "error",
    error: { type: "invalid_request_error", message: "prompt is too long: 210000 tokens > 200000 maximum" },
  }],
  [413, {
    type: "error",
    error: { type: "request_too_large", message: "Request exceeds the maximum size" },
  }],
  [400, {
    object: "error",
    message: "This model's maximum context length is 4096 tokens. However, you requested 5000 tokens",
    type: "BadRequestError",
    param: null,
    code: 400,
  }],
  [400, {
    error: {
      message: "The decoder prompt (length 5000) is longer than the maximum model length of 4096.",
      code: 400,
    },
  }],
  [400, {
    error: {
      code: 400,
      message: "request (9000 tokens) exceeds the available context size (8192 tokens), try increasing it",
      type: "exceed_context_size_error",
      n_prompt_tokens: 9000,
      n_ctx: 8192,
    },
  }],
  [500, { error: { code: 500, message: "Context size has been exceeded.", type: "server_error" } }],
  [400, {
    error:
      "Trying to keep the first 5000 tokens when context the overflows. However, the model is loaded with context length of only 4096 tokens",
  }],
  [422, {
    error: "Input validation error: `inputs` must have less than 4096 tokens. Given: 5000",
    error_type: "validation",
  }],
  [422, {
    error: "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096. Given: 5000",
    error_type: "validation",
  }],
  [400, [{
    error: {
      code: 400,
      message: "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).",
      status: "INVALID_ARGUMENT",
    },
  }]],
  [400, {
    object: "error",
    message: {
      detail: [{
        type: "value_error",
        msg: "Prompt contains 40000 tokens, too large for model with 32768 maximum context length",
      }],
    },
  }],
  [413, {
    error: {
      message:
        "Request too large for model `x` on tokens per minute (TPM): Limit 6000, Requested 8000, please reduce your message size",
      type: "tokens",
      code: "rate_limit_exceeded",
    },
  }],
  [429, {
    error: {
      message:
        "Request too large for gpt-4o on tokens per min (TPM): Limit 30000, Requested 40000. The input or output tokens must be reduced.",
      code: "rate_limit_exceeded",
    },
  }],
  [413, "<html><head><title>413 Request Entity Too Large</title></head></html>"],
  [413, ""],
  [400, { message: "Input is too long for requested model." }],
  [400, {
    error: {
      message: "This model's maximum prompt length is 131072 but the request contains 150000 tokens.",
    },
  }],
  [400, {
    error: {
      message: "prompt token count of 100000 exceeds the limit of 64000",
      code: "model_max_prompt_tokens_exceeded",
    },
  }],
  [400, { error: { code: "1261", message: "Prompt exceeds max length" } }],
  [400, {
    error: {
      message: "<400> InternalError.Algo.InvalidParameter: Range of input length should be [1, 6000]",
    },
  }],
  [400, { error: { message: "too many tokens: total number of tokens in the prompt cannot exceed 4081" } }],
  [200, { error: { message: "This endpoint's maximum context length is 8192 tokens", code: 400 } }],
  [200, { error: "the request exceeds the available context size" }],
  [200, {
    object: "response",
    status: "failed",
    output: [],
    error: {
      code: "context_length_exceeded",
      message: "Your input exceeds the context window of this model.",
    },
  }],
  [200, {
    choices: [{ finish_reason: "error", error: { code: 400, message: "prompt is too long: 9 tokens > 8" } }],
  }],
  [200, { base_resp: { status_code: 2013, status_msg: "invalid params, context window exceeds limit" } }],
  [400, {
    error: {
      message:
        "Input tokens exceed the configured limit of 272000 tokens. Your messages resulted in 300000 tokens.",
    },
  }],
  [400, {
    error: {
      message:
        "input length and `max_tokens` exceed context limit: 197202 + 21333 > 200000, decrease input length",
    },
  }],
  [400, {
    error: {
      message:
        "'max_tokens' or 'max_completion_tokens' is too large: 1000. This model's maximum context length is " +
        "4096 tokens and your request has 3500 input tokens (1000 > 4096 - 3500).",
    },
  }],
  [400, {
    error: { message: "max_tokens must be at least 1, got -904.", type: "BadRequestError", code: 400 },
  }],
  [400, {
    error: {
      message:
        "Unable to submit request because the input token count is 40000 but the model only supports up to " +
        "32768. Reduce the input token count and try again.",
      code: 400,
    },
  }],
  [400, {
    error: {
      message:
        "Please reduce the length of the messages or completion. Current length is 9000 while limit is 8192",
    },
  }],
  [400, { error: { message: "Prompt tokens limit exceeded: 9000 > 8000.", code: 400 } }],
  [400, {
    error: { message: "Invalid request: Your request exceeded model token limit: 8192 (requested: 9000)" },
  }],
  [500, { error: { message: "input length exceeds maximum context length", type: "api_error" } }],
  [400, {
    error: { message: "litellm.ContextWindowExceededError: litellm.BadRequestError: x", code: "400" },
  }],
  [502, {
    error: {
      code: 400,
      message: "Provider returned error",
      metadata: { raw: '{"error":{"message":"prompt is too long: 9 tokens > 8 maximum"}}' },
    },
  }],
];

for (const [status, body] of cases) {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  Deno.test(`isTooLong() of ${status} ${text.slice(0, 200)}`, () => {
    assert.equal(classifyBody(status, text), "too_long");
  });
}

/** What speaks of lengths and tokens, but would not be helped by a shorter turn. */
const others: [status: number, message: string][] = [
  [400, "max_tokens is too large: 100000. This model supports at most 16384 completion tokens"],
  [400, "max_tokens: 100000 > 8192, which is the maximum allowed number of output tokens for claude"],
  [400, "Could not finish the message because max_tokens or model output limit was reached."],
  [
    400,
    "`max_tokens` must be less than or equal to `8192`, the maximum value for `max_tokens` is less than the " +
    "`context_window` for this model",
  ],
  [400, "Invalid max_tokens value, the valid range of max_tokens is [1, 8192]"],
  [400, "Unsupported parameter: 'max_tokens' is not supported with this model."],
  [400, "Unable to submit request because it has a maxOutputTokens value of 10000"],
  [402, "Prompt tokens limit exceeded: 9000 > 5000. To increase, upgrade to a paid account"],
  [402, "This request requires more credits, or fewer max_tokens. You requested up to 65536 tokens"],
  [429, "Number of request tokens has exceeded your per-minute rate limit"],
  [429, "Too many tokens, please wait before trying again."],
  [504, "The request took too long and timed out"],
  [200, "The request took too long to process"],
];

for (const [status, message] of others) {
  Deno.test(`isTooLong() is not the name for ${status} ${message}`, () => {
    assert.notEqual(classifyBody(status, JSON.stringify({ error: { message } })), "too_long");
  });
}
