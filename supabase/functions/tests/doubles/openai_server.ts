import { createReplyModel } from "functions/_shared/ai/openai_model.ts";
import type { ModelResult, ReplyModel } from "functions/_shared/app/ports/model.ts";
import type { Turn } from "functions/_shared/domain/turn.ts";
import type { ApiShape } from "./openai_shapes.ts";

export const apiKey = "sk-very-secret-1234567890";

export const turn: Turn = {
  instructions: "Be kind.",
  locale: "en",
  model: null,
  customerName: null,
  history: [],
  messages: [{ author: "customer", kind: "text", body: "hello", media: [] }],
  limit: null,
};

export type Answering = (request: Request) => Response | Promise<Response>;

/** A model before a server of its own, which answers as it is told. */
export interface ServedModel extends AsyncDisposable {
  model: ReplyModel;
  calls(): number;
  ask(asked?: { timeoutMs?: number; signal?: AbortSignal; turn?: Turn }): Promise<ModelResult>;
}

export function serveModel({ api }: Pick<ApiShape, "api">, answering: Answering): ServedModel {
  let calls = 0;
  const stop = new AbortController();
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {}, signal: stop.signal },
    (request) => {
      calls++;
      return answering(request);
    },
  );
  const baseUrl = `http://127.0.0.1:${server.addr.port}/v1`;
  const model = createReplyModel({ api, apiKey, baseUrl, model: "default-model" });
  return {
    model,
    calls: () => calls,
    ask: ({ timeoutMs = 5_000, signal = new AbortController().signal, turn: asked = turn } = {}) =>
      model.reply(asked, { timeoutMs, signal }),
    // Not a graceful shutdown: that would wait for handlers which never answer.
    [Symbol.asyncDispose]: () => {
      stop.abort();
      return server.finished;
    },
  };
}

/** Every call is answered with this body; request id `req_1`. */
export function always(body: unknown, init: ResponseInit = {}): Answering {
  const headers = { "content-type": "application/json", "x-request-id": "req_1", ...init.headers };
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return () => new Response(text, { ...init, headers });
}

/** Asks once. */
export async function askOnce(shape: Pick<ApiShape, "api">, answering: Answering): Promise<ModelResult> {
  await using served = serveModel(shape, answering);
  return await served.ask();
}
