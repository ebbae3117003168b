import { setTimeout as pause } from "node:timers/promises";
import { type HttpAnswer, type HttpRequest, jsonAnswer, serveHttp } from "stack/http/http_server.ts";
import { readChat } from "stack/model/chat.ts";
import { newestTurn } from "stack/model/reply.ts";
import { tokensIn } from "../fixtures/tokens.ts";

export interface EchoModel {
  /** With `/v1`, for `OPENAI_BASE_URL`. */
  url: string;
  calls(): number;
  /** From now on this customer's calls are not answered before they are released. */
  hold(customer: { mark: string }): Hold;
  /** From now on prompts of this customer's with more characters than this are refused as too long. */
  narrow(customer: { mark: string }, characters: number): void;
  /** How often a message was part of the newest turn. */
  callsAbout(token: string): number;
  /** From now on calls fail as this says of their first token, by the names that customers use; null ends it. */
  fail(how: ((token: string) => FailureName) | null): void;
  /** Nobody listens any more, and connections are refused. */
  goAway(): Promise<void>;
  comeBack(): Promise<void>;
  stop(): Promise<void>;
}

export interface Hold {
  /** Once a call waits here. */
  reached: Promise<void>;
  /** Lets those that wait be answered, and those to come. */
  release(): void;
}

export interface EchoModelOptions {
  /** How long each call takes, drawn anew; at once unless told. */
  delayMs?: () => number;
  /** Whether a reply is so long that it goes out in two messages; the second one begins with `end` and the first token. */
  inTwoMessages?: boolean;
}

/**
 * A model whose reply names every token of the newest turn. It remembers nothing. A customer says how it fails:
 * `k1x1 #500*2` is answered 500 twice and then well; `#poison` is refused in every prompt that holds it.
 */
export async function startEchoModel(
  { delayMs = () => 0, inTwoMessages = false }: EchoModelOptions = {},
): Promise<EchoModel> {
  const failures = new Map<string, number>();
  const holds = new Map<string, { onReach: () => void; released: Promise<void> }>();
  const callsAbout = new Map<string, number>();
  const windows = new Map<string, number>();
  let failing: ((token: string) => FailureName) | null = null;
  let calls = 0;

  /** How the customer wants this call to fail, unless it failed often enough. */
  function failureAsked(points: string[]): HttpAnswer | null {
    for (const point of points) {
      const [order, name = "", times = "1"] = /#(\w+)(?:\*(\d+))?/.exec(point) ?? [];
      const failure = isFailure(name) ? failureOf[name] : null;
      const key = `${tokensIn(point)} ${order}`;
      const sofar = failures.get(key) ?? 0;
      if (!failure || sofar >= Number(times)) continue;
      failures.set(key, sofar + 1);
      return failure;
    }
    return null;
  }

  const answer = async ({ body }: HttpRequest): Promise<HttpAnswer> => {
    calls += 1;
    const messages = readChat(body)?.messages ?? [];
    const points = newestTurn(messages);
    const tokens = points.flatMap(tokensIn);
    const [first = "none"] = tokens;
    for (const token of new Set(tokens)) callsAbout.set(token, (callsAbout.get(token) ?? 0) + 1);
    if (failing !== null) return failureOf[failing(first)];
    // A filter reads the whole prompt, whatever turn it stands in.
    if (messages.some(({ text }) => text.includes("#poison"))) return failureOf.filtered;
    if (JSON.stringify(messages).length > (windows.get(markOf(first)) ?? Infinity)) return failureOf.too_long;
    const hold = holds.get(markOf(first));
    hold?.onReach();
    await hold?.released;
    await pause(delayMs());
    const failure = failureAsked(points);
    if (failure !== null) return failure;
    const parts = [[...new Set(tokens)].join(" ") || "none"];
    if (inTwoMessages) parts.push("a".repeat(1_450), `end ${first.toUpperCase()} ${"z".repeat(200)}`);
    return completion({ content: parts.join("\n\n") });
  };
  let server = await serveHttp(0, answer);
  const { port } = server;
  return {
    url: `${server.url}/v1`,
    calls: () => calls,
    hold: ({ mark }) => {
      const [reach, release] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
      const hold = { onReach: reach.resolve, released: release.promise };
      holds.set(mark, hold);
      return {
        reached: reach.promise,
        release: () => {
          if (holds.get(mark) === hold) holds.delete(mark);
          release.resolve();
        },
      };
    },
    narrow: ({ mark }, characters) => void windows.set(mark, characters),
    callsAbout: (token) => callsAbout.get(token) ?? 0,
    fail: (how) => failing = how,
    goAway: () => server.stop(),
    comeBack: async () => void (server = await serveHttp(port, answer)),
    stop: () => server.stop(),
  };
}

const markOf = (token: string) => token.split("x", 1)[0] ?? "";

export type FailureName = `${keyof typeof failureOf}`;
const isFailure = (name: string): name is FailureName => Object.hasOwn(failureOf, name);

const failureOf = {
  401: jsonAnswer(401, { error: { message: "Incorrect API key provided.", code: "invalid_api_key" } }),
  500: jsonAnswer(500, { error: { message: "The server had an error.", type: "server_error" } }),
  429: jsonAnswer(429, { error: { message: "Rate limit reached.", type: "requests" } }, {
    "retry-after": "2",
  }),
  busy: jsonAnswer(429, { error: { message: "Rate limit reached.", type: "requests" } }),
  later: jsonAnswer(429, { error: { message: "Rate limit reached.", type: "requests" } }, {
    "retry-after": "60",
  }),
  400: jsonAnswer(400, { error: { message: "Invalid 'messages'.", type: "invalid_request_error" } }),
  too_long: jsonAnswer(400, {
    error: {
      message:
        "This model's maximum context length is 1200 tokens. Please reduce the length of the messages.",
      type: "invalid_request_error",
      param: "messages",
      code: "context_length_exceeded",
    },
  }),
  filtered: jsonAnswer(400, {
    error: { message: "The prompt was filtered.", type: "invalid_request_error", code: "content_filter" },
  }),
  hang: { kind: "hang" },
  reset: { kind: "reset" },
  torn: {
    kind: "answer",
    status: 200,
    headers: { "content-type": "application/json" },
    body: '{"id": "chat',
  },
  empty: completion({ content: "" }),
  refused: completion({ content: null, refusal: "I can't help with that." }),
} satisfies Record<string, HttpAnswer>;

function completion(message: { content: string | null; refusal?: string }): HttpAnswer {
  return jsonAnswer(200, {
    model: "echo",
    choices: [{ finish_reason: "stop", message: { role: "assistant", ...message } }],
    usage: { prompt_tokens: 10, completion_tokens: 10 },
  });
}
