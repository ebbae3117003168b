import { setTimeout as pause } from "node:timers/promises";
import { Arrivals, type WaitOptions } from "../events/arrivals.ts";
import { type HttpAnswer, jsonAnswer, serveHttp } from "../http/http_server.ts";
import { chatApi } from "./chat.ts";
import { answerModels } from "./models.ts";
import { shopReply } from "./reply.ts";
import { responsesApi } from "./responses.ts";
import { type ModelApi, type ModelRequest, newId, type Said } from "./wire.ts";

const apis = [chatApi, responsesApi];

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

/** What was asked, by either API. */
export interface ModelCall extends ModelRequest {
  at: string;
  requestId: string;
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

/** An OpenAI-compatible server with a small baker's assistant behind it, asked by Chat Completions or Responses. */
export async function startScriptedModel(options: ScriptedModelOptions = {}): Promise<ScriptedModel> {
  const { port = 0, delayMs = 0, onEvent = () => {} } = options;
  const calls = new Arrivals<ModelCall>("model call");
  const queued: ModelBehaviour[] = [];

  const server = await serveHttp(port, async (request) => {
    const requestId = newId("req_");
    const { pathname } = request.url;
    const listed = request.method === "GET" ? answerModels(pathname) : null;
    if (listed !== null) return jsonAnswer(200, listed, { "x-request-id": requestId });
    const api = request.method === "POST" ? apis.find(({ path }) => path === pathname) : undefined;
    if (api === undefined) {
      return modelError(404, "invalid_request_error", `Unknown request URL: ${pathname}`, requestId);
    }
    const asked = api.read(request.body);
    if (asked === null) {
      return modelError(400, "invalid_request_error", "We could not parse the JSON body.", requestId);
    }
    const call: ModelCall = { at: new Date().toISOString(), requestId, ...asked };
    calls.add(call);
    onEvent({ kind: "called", call });
    const place = queued.findIndex(({ to }) =>
      to === undefined || call.messages.some(({ text }) => text.includes(to))
    );
    const [behaviour] = place < 0 ? [] : queued.splice(place, 1);
    if (behaviour?.kind === "held") await behaviour.until;
    else await pause(behaviour?.kind === "delay" ? behaviour.ms : delayMs);
    const answer = answerCall(call, { api, behaviour });
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

function answerCall(
  call: ModelCall,
  { api, behaviour }: { api: ModelApi; behaviour: ModelBehaviour | undefined },
): HttpAnswer {
  const { requestId } = call;
  const say = (said: Said) => jsonAnswer(200, api.answer(call, said), { "x-request-id": requestId });
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
      return say({ text: "" });
    case "content_filter":
      return say({ text: "", isFiltered: true });
    case "refusal":
      return say({ text: "", refusal: "I'm sorry, I can't help with that." });
    case "say":
      return say({ text: behaviour.text });
    default:
      return say({ text: shopReply(call.messages) });
  }
}

function modelError(status: number, type: string, message: string, requestId: string): HttpAnswer {
  const code = status === 429 ? "rate_limit_exceeded" : null;
  return jsonAnswer(status, { error: { message, type, param: null, code } }, { "x-request-id": requestId });
}

function withHeader(answer: HttpAnswer, name: string, value: string): HttpAnswer {
  return answer.kind === "answer" ? { ...answer, headers: { ...answer.headers, [name]: value } } : answer;
}
