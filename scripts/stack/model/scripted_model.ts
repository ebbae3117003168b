import { setTimeout as pause } from "node:timers/promises";
import { Arrivals, type WaitOptions } from "../events/arrivals.ts";
import { type HttpAnswer, type HttpRequest, jsonAnswer, serveHttp } from "../http/http_server.ts";
import { type ChatMessage, readChat } from "./chat.ts";
import { shopReply } from "./reply.ts";

/** What the model does with one call instead of answering as usual: the next one, or the next in which `to` was said. */
export type ModelBehaviour = { to?: string } & ModelAct;

type ModelAct =
  | { kind: "delay"; ms: number }
  /** Answers as usual, once this has happened. */
  | { kind: "held"; until: Promise<unknown> }
  | { kind: "hang" }
  | { kind: "reset" }
  | { kind: "rate_limited"; retryAfterSeconds?: number }
  | { kind: "server_error"; status?: 500 | 502 | 503 }
  | { kind: "request_rejected" }
  | { kind: "malformed_answer" }
  | { kind: "empty_answer" }
  | { kind: "content_filter" }
  | { kind: "refusal" }
  | { kind: "say"; text: string };

export interface ScriptedModelOptions {
  /** A free one unless told. */
  port?: number;
  /** How long each answer takes, 0 unless told. */
  delayMs?: number;
  onEvent?: (event: ModelEvent) => void;
}

export type ModelEvent = { kind: "called" | "answered"; call: ModelCall };

export interface ModelCall {
  at: string;
  requestId: string;
  model: string;
  messages: ChatMessage[];
  /** The request's body as it came. */
  body: unknown;
}

export interface ScriptedModel {
  /** With `/v1`, for `OPENAI_BASE_URL`. */
  url: string;
  /** The next calls, in this order; afterwards it answers as usual. */
  next(...behaviours: ModelBehaviour[]): void;
  requests(): ModelCall[];
  /** All calls, once there are so many. */
  called(count: number, options?: WaitOptions): Promise<ModelCall[]>;
  stop(): Promise<void>;
}

/** An OpenAI-compatible server with a small baker's assistant behind it (https://platform.openai.com/docs/api-reference/chat). */
export async function startScriptedModel(options: ScriptedModelOptions = {}): Promise<ScriptedModel> {
  const { port = 0, delayMs = 0, onEvent = () => {} } = options;
  const calls = new Arrivals<ModelCall>("model call");
  const queued: ModelBehaviour[] = [];

  const server = await serveHttp(port, async (request) => {
    const requestId = `req_${crypto.randomUUID().replaceAll("-", "")}`;
    if (request.method !== "POST" || request.url.pathname !== "/v1/chat/completions") {
      return modelError(
        404,
        "invalid_request_error",
        `Unknown request URL: ${request.url.pathname}`,
        requestId,
      );
    }
    const call = parsedCall(request, requestId);
    if (call === null) {
      return modelError(400, "invalid_request_error", "We could not parse the JSON body.", requestId);
    }
    calls.add(call);
    onEvent({ kind: "called", call });
    const place = queued.findIndex(({ to }) =>
      to === undefined || call.messages.some(({ text }) => text.includes(to))
    );
    const [behaviour] = place < 0 ? [] : queued.splice(place, 1);
    if (behaviour?.kind === "held") await behaviour.until;
    else await pause(behaviour?.kind === "delay" ? behaviour.ms : delayMs);
    const answer = answerCall(call, behaviour);
    onEvent({ kind: "answered", call });
    return answer;
  });

  return {
    url: `${server.url}/v1`,
    next: (...behaviours) => void queued.push(...behaviours),
    requests: () => calls.all(),
    called: (count, wait) => calls.reached(count, wait),
    stop: () => server.stop(),
  };
}

function parsedCall({ body }: HttpRequest, requestId: string): ModelCall | null {
  const chat = readChat(body);
  return chat === null ? null : { at: new Date().toISOString(), requestId, ...chat };
}

function answerCall(call: ModelCall, behaviour: ModelBehaviour | undefined): HttpAnswer {
  const { requestId } = call;
  switch (behaviour?.kind) {
    case "hang":
    case "reset":
      return { kind: behaviour.kind };
    case "rate_limited": {
      const answer = modelError(429, "rate_limit_exceeded", "Rate limit reached for requests", requestId);
      return withHeader(answer, "retry-after", String(behaviour.retryAfterSeconds ?? 1));
    }
    case "server_error":
      return modelError(behaviour.status ?? 500, "server_error", "The server had an error.", requestId);
    case "request_rejected":
      return modelError(400, "invalid_request_error", "Invalid 'messages'.", requestId);
    case "malformed_answer":
      return {
        kind: "answer",
        status: 200,
        headers: { "content-type": "application/json" },
        body: '{"id": "chat',
      };
    case "empty_answer":
      return completion(call, { content: "" });
    case "content_filter":
      return completion(call, { content: "", finishReason: "content_filter" });
    case "refusal":
      return completion(call, { content: null, refusal: "I'm sorry, I can't help with that." });
    case "say":
      return completion(call, { content: behaviour.text });
    default:
      return completion(call, { content: shopReply(call.messages) });
  }
}

function completion(
  { model, messages, requestId }: ModelCall,
  answer: { content: string | null; refusal?: string; finishReason?: "stop" | "content_filter" },
): HttpAnswer {
  const promptTokens = tokensOf(messages.map(({ text }) => text).join("\n"));
  const completionTokens = tokensOf(answer.content ?? answer.refusal ?? "");
  return jsonAnswer(200, {
    id: `chatcmpl-${crypto.randomUUID().replaceAll("-", "")}`,
    object: "chat.completion",
    created: Math.floor(Date.now() / 1000),
    model,
    choices: [{
      index: 0,
      message: {
        role: "assistant",
        content: answer.content,
        refusal: answer.refusal ?? null,
        annotations: [],
      },
      logprobs: null,
      finish_reason: answer.finishReason ?? "stop",
    }],
    usage: {
      prompt_tokens: promptTokens,
      completion_tokens: completionTokens,
      total_tokens: promptTokens + completionTokens,
      prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
      completion_tokens_details: { reasoning_tokens: 0, audio_tokens: 0 },
    },
    service_tier: "default",
    system_fingerprint: null,
  }, { "x-request-id": requestId });
}

/** Roughly four characters a token. */
const tokensOf = (text: string) => Math.ceil(text.length / 4);

function modelError(status: number, type: string, message: string, requestId: string): HttpAnswer {
  const code = status === 429 ? "rate_limit_exceeded" : null;
  return jsonAnswer(status, { error: { message, type, param: null, code } }, { "x-request-id": requestId });
}

function withHeader(answer: HttpAnswer, name: string, value: string): HttpAnswer {
  return answer.kind === "answer" ? { ...answer, headers: { ...answer.headers, [name]: value } } : answer;
}
