import assert from "node:assert/strict";
import { readBody } from "../body.ts";
import { readReply } from "./reading.ts";

const call = { model: "asked", latencyMs: 5, requestId: "req_1", retryAfterMs: null };
const read = (body: unknown) =>
  readReply(readBody(typeof body === "string" ? body : JSON.stringify(body)), call);

const kept = "Sim, temos pão!";
const message = (content: unknown, rest: object = {}) => ({
  choices: [{ index: 0, finish_reason: "stop", message: { role: "assistant", content }, ...rest }],
});
const output = (content: unknown, rest: object = {}) => ({
  output: [{ type: "message", role: "assistant", content, ...rest }],
});
const chunk = (delta: object, rest: object = {}) => ({ choices: [{ index: 0, delta, ...rest }] });
const stream = (...chunks: object[]) => chunks.map((each) => `data: ${JSON.stringify(each)}\n\n`).join("");

const thinking = { type: "thinking", thinking: [{ type: "text", text: "hmm" }] };
const parts: [string, unknown][] = [
  ["a text", kept],
  ["parts", [{ type: "text", text: "Sim, " }, { type: "text", text: "temos pão!" }]],
  ["a thought and a text", [thinking, { type: "text", text: kept }]],
  ["a thought with a text of its own", [{ type: "reasoning", text: "hmm" }, { type: "text", text: kept }]],
  ["parts of unknown kinds", [
    { type: "image_url" },
    { type: "audio" },
    { type: "text", text: kept },
    null,
    3,
  ]],
  ["texts alone", ["Sim, ", "temos pão!"]],
  ["one part", { type: "text", text: kept }],
  ["a part without a type", [{ text: kept }]],
  ["a text with annotations", [{ type: "output_text", text: kept, annotations: [] }]],
  ["a text under another name", [{ type: "text", content: kept }]],
  ["a text of nothing beside a text", [{ type: "text", text: null }, { type: "text", text: kept }]],
  ["a text within a text", [{ type: "text", text: { value: kept, annotations: [] } }]],
];

const replies: [string, unknown][] = [
  ...parts.map(([what, content]): [string, unknown] => [`${what}, by Chat Completions`, message(content)]),
  ...parts.map(([what, content]): [string, unknown] => [`${what}, by Responses`, output(content)]),
  ["reasoning beside it", {
    choices: [{ message: { content: kept, reasoning_content: "hmm", reasoning: "hmm", tool_calls: null } }],
  }],
  ["no role, no index, no end", { choices: [{ message: { content: kept } }] }],
  ["the text of an older API", { choices: [{ text: kept, finish_reason: "stop" }] }],
  ["several choices", {
    choices: [{ index: 1, message: { content: "b" } }, { index: 0, message: { content: kept } }],
  }],
  ["an end in other words", message(kept, { finish_reason: "end_turn" })],
  ["calls nobody asked for", message(kept, { finish_reason: "tool_calls" })],
  ["a final answer after commentary", {
    output: [
      {
        type: "message",
        role: "assistant",
        phase: "commentary",
        content: [{ type: "output_text", text: "hm" }],
      },
      {
        type: "message",
        role: "assistant",
        phase: "final_answer",
        content: [{ type: "output_text", text: kept }],
      },
    ],
  }],
  ["no list of outputs", { object: "response", output_text: kept, status: "completed" }],
  [
    "chunks, whose end is named",
    stream(chunk({ content: "Sim, " }), chunk({ content: "temos pão!" }, { finish_reason: "stop" })),
  ],
  ["chunks, whose end is marked", stream(chunk({ content: kept }), chunk({})) + "data: [DONE]\n\n"],
  [
    "chunks that think",
    stream(chunk({ reasoning_content: "hm" }), chunk({ content: kept }, { finish_reason: "stop" })),
  ],
  [
    "chunks in parts",
    stream(chunk({ content: [thinking] }), chunk({ content: [{ type: "text", text: kept }] })) +
    "data: [DONE]",
  ],
];

for (const [what, body] of replies) {
  Deno.test(`readReply() understands ${what}`, () => {
    const result = read(body);
    assert.ok(result.kind === "reply", JSON.stringify(result));
    assert.equal(result.body, kept);
  });
}

const failures: [string, unknown, string, string][] = [
  ["thoughts in parts alone", message([thinking]), "empty_answer", "retry"],
  [
    "thoughts beside no text",
    message(null, { message: { content: null, reasoning_content: "hmm" } }),
    "empty_answer",
    "retry",
  ],
  [
    "a thought that was cut off",
    message("<think>\nThe customer", { finish_reason: "length" }),
    "empty_answer",
    "retry",
  ],
  ["no message after thinking too long", { choices: [{ finish_reason: "length" }] }, "empty_answer", "retry"],
  ["our own mark alone", message("[automatic notice]"), "empty_answer", "retry"],
  ["a text without text", message([{ type: "text" }]), "malformed_answer", "retry"],
  ["a number", message(3), "malformed_answer", "retry"],
  ["a choice of nothing", { choices: [{}] }, "malformed_answer", "retry"],
  ["no choice", { choices: null }, "malformed_answer", "retry"],
  ["another API's answer", { result: { response: "x" }, success: true }, "malformed_answer", "wait"],
  [
    "an error in the message",
    message(null, { message: { content: "half", error: { code: 429, message: "slow" } } }),
    "rate_limited",
    "wait",
  ],
  ["a failed response", { ...output(kept), status: "failed" }, "unavailable", "wait"],
  [
    "a failed response that tells why",
    { ...output(kept), status: "failed", error: { code: "rate_limit_exceeded", message: "slow" } },
    "rate_limited",
    "wait",
  ],
  [
    "a failed response of nothing",
    { object: "response", status: "failed", error: null },
    "unavailable",
    "wait",
  ],
  ["a cancelled response", { ...output(kept), status: "cancelled" }, "unavailable", "wait"],
  [
    "a filtered response of nothing",
    { object: "response", status: "incomplete", incomplete_details: { reason: "content_filter" } },
    "content_refused",
    "give_up",
  ],
  ["a refusal in a part", output([{ type: "refusal", refusal: "no" }]), "content_refused", "give_up"],
  [
    "a filter beside a text",
    message("half", { finish_reason: "content_filter" }),
    "content_refused",
    "give_up",
  ],
  [
    "a filter without a message",
    { choices: [{ finish_reason: "content_filter: PROHIBITED_CONTENT" }] },
    "content_refused",
    "give_up",
  ],
  ["a filter in other words", message("half", { finish_reason: "SAFETY" }), "content_refused", "give_up"],
  ["an error as the end", message("half an ans", { finish_reason: "error" }), "unavailable", "wait"],
  [
    "a broken network as the end",
    message("half an ans", { finish_reason: "network_error" }),
    "unavailable",
    "wait",
  ],
  [
    "no room as the end",
    message("half", { finish_reason: "insufficient_system_resource" }),
    "unavailable",
    "wait",
  ],
  [
    "a rate limit as the end",
    message("half", { finish_reason: "rate_limit_exceeded" }),
    "rate_limited",
    "wait",
  ],
  [
    "a full context as the end",
    message("half", { finish_reason: "model_context_window_exceeded" }),
    "too_long",
    "shrink",
  ],
  [
    "an error beside the end",
    message("half", { finish_reason: "error", error: { code: 429, message: "slow" } }),
    "rate_limited",
    "wait",
  ],
  ["a background response", { object: "response", status: "in_progress", output: [] }, "unavailable", "wait"],
  [
    "a stream that broke off",
    stream(chunk({ content: "Sim, temos" }), chunk({ content: " pã" })),
    "malformed_answer",
    "wait",
  ],
  [
    "a stream that ends in an error",
    stream(chunk({ content: "Sim" }), { error: { code: 502, message: "gone" } }),
    "unavailable",
    "wait",
  ],
];

for (const [what, body, failure, remedy] of failures) {
  Deno.test(`readReply() of ${what} is no reply: ${failure}`, () => {
    const result = read(body);
    assert.ok(result.kind === "failed", JSON.stringify(result));
    assert.deepEqual([result.failure, result.remedy, result.requestId], [failure, remedy, "req_1"]);
  });
}

Deno.test("readReply() books what a failed answer cost, also beside an error", () => {
  const usage = { prompt_tokens: 9, completion_tokens: -1 };
  const event = { type: "response.failed", response: { status: "failed", error: { code: "x" }, usage } };
  for (
    const body of [
      { ...message(""), usage },
      { ...message(3), usage },
      { error: { code: 429 }, usage },
      stream(event),
    ]
  ) {
    const result = read(body);
    assert.ok(result.kind === "failed");
    assert.deepEqual(result.usage, { model: "asked", promptTokens: 9, completionTokens: 0, latencyMs: 5 });
  }
});

Deno.test("readReply() has the last count and the model of a stream", () => {
  const result = read(
    stream({ ...chunk({ content: kept }), model: "m" }, chunk({}, { finish_reason: "length" }), {
      choices: [],
      usage: { prompt_tokens: 3, completion_tokens: 4 },
    }),
  );
  assert.ok(result.kind === "reply");
  assert.deepEqual(result.usage, { model: "m", promptTokens: 3, completionTokens: 4, latencyMs: 5 });
  assert.equal(result.finishReason, "length");
});

Deno.test("readReply() never gives away the beginning of a failed answer", () => {
  const bodies = [
    message("half an ans", { finish_reason: "error" }),
    message("half an ans", { finish_reason: "content_filter" }),
    { ...message("half an ans"), error: { code: 502, message: "gone" } },
    { ...output([{ type: "output_text", text: "half an ans" }]), status: "failed" },
    stream(chunk({ content: "half an ans" }), chunk({ content: "wer" })),
    '{"choices":[{"message":{"content":"half an ans',
    '{"choices":[{"message":{"content":"say \\"half an ans',
  ];
  for (const body of bodies) {
    const result = read(body);
    assert.ok(result.kind === "failed" && result.detail !== "", JSON.stringify(result));
    assert.ok(!JSON.stringify(result).includes("half"), result.detail);
  }
});

Deno.test("readReply() takes a text from the events of a stream whose end has no outputs", () => {
  const delta = { type: "response.output_text.delta", delta: kept };
  const end = (output: unknown[]) => ({
    type: "response.completed",
    response: { status: "completed", output },
  });
  const result = read(stream(delta, end([])));
  assert.ok(result.kind === "reply" && result.body === kept, JSON.stringify(result));
  const commented = { type: "message", phase: "commentary", content: [{ type: "output_text", text: kept }] };
  assert.equal(read(stream(delta, end([commented]))).kind, "failed", "commentary is no answer");
});

Deno.test("readReply() of nesting without end is no answer, and does not throw", () => {
  const deep = "[".repeat(100_000) + "]".repeat(100_000);
  for (const body of [`{"choices":${deep}}`, `{"error":${deep}}`, deep]) {
    const result = read(body);
    assert.deepEqual(result.kind === "failed" && result.failure, "malformed_answer");
  }
});
