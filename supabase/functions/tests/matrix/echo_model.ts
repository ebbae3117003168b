import { type HttpAnswer, jsonAnswer, serveHttp } from "../../../../scripts/stack/simulator/http_server.ts";
import { readChat } from "../../../../scripts/stack/simulator/model_chat.ts";
import { newestTurn } from "../../../../scripts/stack/simulator/model_reply.ts";

/** The words of a customer that an answer shows to have been read. */
export function tokensIn(text: string): string[] {
  return text.match(/\bk\d+x\d+\b/g) ?? [];
}

export interface Hold {
  /** Once a call waits here. */
  reached: Promise<void>;
  /** Lets those that wait be answered, and those to come. */
  release(): void;
}

export interface EchoModel {
  url: string;
  /** From now on this customer's calls are not answered before they are released. */
  hold(customer: { mark: string }): Hold;
  stop(): Promise<void>;
}

/**
 * A model whose reply names every token of the newest turn, in two messages: the second one begins with `end` and the
 * first token. A customer says how it fails: `k1x1 #500*2` is answered 500 twice and then well.
 */
export async function startEchoModel(): Promise<EchoModel> {
  const failures = new Map<string, number>();
  const holds = new Map<string, { onReach: () => void; released: Promise<void> }>();
  const server = await serveHttp(0, async ({ body }) => {
    const chat = readChat(body);
    const points = newestTurn(chat?.messages ?? []);
    const [first = "none", ...others] = tokensIn(points.join("\n"));
    const hold = holds.get(markOf(first));
    hold?.onReach();
    await hold?.released;
    for (const point of points) {
      const [order, name = "", times = "1"] = /#(\w+)(?:\*(\d+))?/.exec(point) ?? [];
      const failure = failureOf[name];
      const key = `${tokensIn(point)} ${order}`;
      const sofar = failures.get(key) ?? 0;
      if (!failure || sofar >= Number(times)) continue;
      failures.set(key, sofar + 1);
      return failure;
    }
    const parts = [
      [first, ...others].join(" "),
      "a".repeat(1_450),
      `end ${first.toUpperCase()} ${"z".repeat(200)}`,
    ];
    return completion({ content: parts.join("\n\n") });
  });
  return {
    url: `${server.url}/v1`,
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
    stop: () => server.stop(),
  };
}

const markOf = (token: string) => token.split("x", 1)[0] ?? "";

const failureOf: Record<string, HttpAnswer> = {
  500: jsonAnswer(500, { error: { message: "The server had an error.", type: "server_error" } }),
  429: jsonAnswer(429, { error: { message: "Rate limit reached.", type: "requests" } }, {
    "retry-after": "2",
  }),
  later: jsonAnswer(429, { error: { message: "Rate limit reached.", type: "requests" } }, {
    "retry-after": "60",
  }),
  400: jsonAnswer(400, { error: { message: "Invalid 'messages'.", type: "invalid_request_error" } }),
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
};

function completion(message: { content: string | null; refusal?: string }): HttpAnswer {
  return jsonAnswer(200, {
    model: "echo",
    choices: [{ finish_reason: "stop", message: { role: "assistant", ...message } }],
    usage: { prompt_tokens: 10, completion_tokens: 10 },
  });
}
