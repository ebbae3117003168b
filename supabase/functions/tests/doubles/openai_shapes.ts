import type OpenAI from "openai";

/** What a server is to answer; the rest is as in the published examples. */
export interface Said {
  text?: string;
  refusal?: string;
  /** Unless told, it ended by itself. */
  end?: "cut_off" | "filtered";
  /** False: the server counts nothing. */
  counted?: boolean;
}

/** What a request asked, in either API. */
export interface Asked {
  instructions: string | null;
  turns: unknown[];
  /** Every other parameter. */
  rest: Record<string, unknown>;
}

/** One of the APIs behind the model's port, as its server sees and speaks it. */
export interface ApiShape {
  api: "chat" | "responses";
  path: string;
  /** What a whole and a cut-off answer name as their end. */
  ends: { well: string; cut_off: string };
  read(body: Record<string, unknown>): Asked;
  answer(said: Said): Record<string, unknown>;
  /** The same as a stream, in several events. */
  stream(said: { text: string }): string;
}

const finishOf = { cut_off: "length", filtered: "content_filter" } as const;

/** https://platform.openai.com/docs/api-reference/chat/object */
function completion({ text = "", refusal, end, counted = true }: Said): OpenAI.ChatCompletion {
  return {
    id: "chatcmpl-B9MBs8CjcvOU2jLn4n570S5qMJKcT",
    object: "chat.completion",
    created: 1_741_569_952,
    model: "served-model",
    choices: [{
      index: 0,
      message: {
        role: "assistant",
        content: refusal === undefined ? text : null,
        refusal: refusal ?? null,
        annotations: [],
      },
      logprobs: null,
      finish_reason: end === undefined ? "stop" : finishOf[end],
    }],
    ...(counted && { usage: { prompt_tokens: 11, completion_tokens: 7, total_tokens: 18 } }),
  };
}

const incompleteFor = { cut_off: "max_output_tokens", filtered: "content_filter" } as const;

/** https://platform.openai.com/docs/api-reference/responses/object, as it goes over the wire: without `output_text`. */
function response({ text = "", refusal, end, counted = true }: Said): Record<string, unknown> {
  const message: OpenAI.Responses.ResponseOutputMessage = {
    type: "message",
    id: "msg_67ccd2bf17f0819081ff3bb2cf6508e6",
    status: end === undefined ? "completed" : "incomplete",
    role: "assistant",
    content: [
      refusal === undefined ? { type: "output_text", text, annotations: [] } : { type: "refusal", refusal },
    ],
  };
  const whole: Omit<OpenAI.Responses.Response, "output_text" | "access_programs" | "usage"> = {
    id: "resp_67ccd2bed1ec8190b14f964abc0542670bb6a6b452d3795b",
    object: "response",
    created_at: 1_741_476_542,
    status: end === undefined ? "completed" : "incomplete",
    error: null,
    incomplete_details: end === undefined ? null : { reason: incompleteFor[end] },
    instructions: null,
    max_output_tokens: null,
    model: "served-model",
    output: [{ type: "reasoning", id: "rs_1", summary: [] }, message],
    parallel_tool_calls: true,
    previous_response_id: null,
    reasoning: { effort: null, summary: null },
    temperature: 1,
    text: { format: { type: "text" } },
    tool_choice: "auto",
    tools: [],
    top_p: 1,
    truncation: "disabled",
    metadata: {},
  };
  return { ...whole, ...(counted && { usage: { input_tokens: 11, output_tokens: 7, total_tokens: 18 } }) };
}

const event = (data: unknown) => `data: ${JSON.stringify(data)}\n\n`;

export const chatShape: ApiShape = {
  api: "chat",
  path: "/v1/chat/completions",
  ends: { well: "stop", cut_off: "length" },
  read({ messages, ...rest }) {
    const [first, ...others] = Array.isArray(messages) ? messages : [];
    return first?.role === "system"
      ? { instructions: first.content, turns: others, rest }
      : { instructions: null, turns: first === undefined ? [] : [first, ...others], rest };
  },
  answer: (said) => ({ ...completion(said) }),
  stream({ text }) {
    const chunk = (delta: object, finish_reason: string | null = null) =>
      event({
        id: "chatcmpl-123",
        object: "chat.completion.chunk",
        model: "served-model",
        choices: [{ index: 0, delta, finish_reason }],
      });
    const texts = text.split(/(?<= )/).map((content) => chunk({ content }));
    return [chunk({ role: "assistant", content: "" }), ...texts, chunk({}, "stop"), "data: [DONE]\n\n"].join(
      "",
    );
  },
};

export const responsesShape: ApiShape = {
  api: "responses",
  path: "/v1/responses",
  ends: { well: "completed", cut_off: "max_output_tokens" },
  read({ instructions, input, ...rest }) {
    return {
      instructions: typeof instructions === "string" ? instructions : null,
      turns: Array.isArray(input) ? input : [],
      rest,
    };
  },
  answer: response,
  stream({ text }) {
    const named = (type: string, data: object) => `event: ${type}\n${event({ type, ...data })}`;
    return [
      named("response.created", { response: { ...response({}), status: "in_progress", output: [] } }),
      ...text.split(/(?<= )/).map((delta) =>
        named("response.output_text.delta", { item_id: "msg_1", delta })
      ),
      named("response.completed", { response: response({ text }) }),
    ].join("");
  },
};

export const apiShapes = [chatShape, responsesShape];
