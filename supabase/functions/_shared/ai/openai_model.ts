import OpenAI from "openai";
import type { ModelResult, ReplyModel } from "../app/ports/model.ts";
import { startTimeLimit } from "../runtime/time_limit.ts";
import { readCompletion } from "./completion.ts";
import { classifyError, failed } from "./failure.ts";
import { toChatMessages } from "./prompt.ts";

export interface ReplyModelOptions {
  apiKey: string;
  /** Any server with `POST <baseUrl>/chat/completions`. */
  baseUrl: string;
  /** Used where the assistant names none. */
  model: string;
  fetch?: typeof fetch;
  /** Attempts within one call; the queue has its own, so none by default. */
  maxRetries?: number;
}

/** Chat Completions, not streamed, plain text. */
export function createReplyModel(options: ReplyModelOptions): ReplyModel {
  const client = new OpenAI({
    apiKey: options.apiKey,
    baseURL: options.baseUrl,
    maxRetries: options.maxRetries ?? 0,
    // Given, so that the client does not look for them in the environment.
    organization: null,
    project: null,
    webhookSecret: null,
    adminAPIKey: null,
    logLevel: "off",
    ...(options.fetch ? { fetch: options.fetch } : {}),
  });

  return {
    async reply(turn, { timeoutMs, signal }) {
      const model = turn.model ?? options.model;
      const started = performance.now();
      const outcome = await withinLimit({ timeoutMs, signal }, async (limit): Promise<ModelResult> => {
        const request = { model, messages: toChatMessages(turn), stream: false as const };
        const response = await client.chat.completions
          .create(request, { signal: limit, timeout: timeoutMs })
          .asResponse();
        const requestId = response.headers.get("x-request-id");
        try {
          const data: unknown = await response.json();
          const latencyMs = Math.round(performance.now() - started);
          return readCompletion(data, { model, latencyMs, requestId });
        } catch (error) {
          return { ...classifyError(error), requestId };
        }
      });
      if (outcome.kind === "reply") return outcome;
      const detail = outcome.detail.replaceAll(options.apiKey || "\0", "[redacted]").slice(0, 500);
      return { ...outcome, detail };
    },
  };
}

/** Over headers and body both: the client's own timer ends with the headers. Settles even if a fetch ignores signals. */
async function withinLimit(
  { timeoutMs, signal }: { timeoutMs: number; signal: AbortSignal },
  call: (limit: AbortSignal) => Promise<ModelResult>,
): Promise<ModelResult> {
  if (signal.aborted) return failed("aborted", true, { detail: "aborted before the call" });
  const limit = startTimeLimit(timeoutMs, { signal });
  try {
    return await limit.race(call(limit.signal));
  } catch (error) {
    if (signal.aborted) return failed("aborted", true, { detail: "aborted by the caller" });
    if (!limit.signal.aborted) return classifyError(error);
    return failed("timeout", true, { detail: `no whole answer within ${timeoutMs} ms` });
  } finally {
    limit.end();
  }
}
