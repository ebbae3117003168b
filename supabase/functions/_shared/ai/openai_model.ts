import type { ModelResult, ReplyModel } from "../app/ports/model.ts";
import { retryAfterMs } from "../domain/retry_after.ts";
import { startTimeLimit } from "../runtime/time_limit.ts";
import { readBody } from "./body.ts";
import { cutAt, storableText } from "../runtime/storable_text.ts";
import { failed, failedByThrown } from "./failures/failure.ts";
import { askChat, askResponses } from "./openai_apis.ts";
import { type ClientOptions, createClient, redacted } from "./openai_client.ts";
import { type Prompt, toPrompt, withoutSystemRole } from "./prompt.ts";
import { readReply } from "./answers/reading.ts";
import { refusesSystemRole } from "./failures/system_role.ts";

const apis = { chat: askChat, responses: askResponses };

export interface ReplyModelOptions extends ClientOptions {
  api: keyof typeof apis;
  /** Used where the assistant names none. */
  model: string;
}

/** A model behind Chat Completions or Responses, not streamed, plain text. */
export function createReplyModel(options: ReplyModelOptions): ReplyModel {
  const client = createClient(options);
  const ask = apis[options.api];
  /** Models that were found to take no system role. */
  const systemless = new Set<string>();

  return {
    async reply(turn, { timeoutMs, signal }) {
      const model = turn.model || options.model;
      const outcome = await withinLimit({ timeoutMs, signal }, async (limit) => {
        const askFor = (prompt: Prompt) =>
          answered(model, () => ask(client, { model, prompt, timeoutMs, signal: limit }));
        const prompt = toPrompt(turn);
        if (systemless.has(model)) return await askFor(withoutSystemRole(prompt));
        const first = await askFor(prompt);
        if (!refusesSystemRole(first)) return first;
        const second = await askFor(withoutSystemRole(prompt));
        if (second.kind === "reply") systemless.add(model);
        return second;
      });
      return presentable(outcome, options.apiKey);
    },
  };
}

async function answered(model: string, ask: () => Promise<Response>): Promise<ModelResult> {
  const started = performance.now();
  try {
    const response = await ask();
    const requestId = response.headers.get("x-request-id");
    const wait = retryAfterMs(response.headers, new Date());
    try {
      const body = readBody(await response.text());
      return readReply(body, {
        model,
        latencyMs: performance.now() - started,
        requestId,
        retryAfterMs: wait,
      });
    } catch (error) {
      return { ...failedByThrown(error), requestId };
    }
  } catch (error) {
    return failedByThrown(error);
  }
}

/** Over headers and body both: the client's own timer ends with the headers. Settles even if a fetch ignores signals. */
async function withinLimit(
  { timeoutMs, signal }: { timeoutMs: number; signal: AbortSignal },
  call: (limit: AbortSignal) => Promise<ModelResult>,
): Promise<ModelResult> {
  if (signal.aborted) return failed("aborted", { detail: "aborted before the call" });
  const limit = startTimeLimit(timeoutMs, { signal });
  try {
    return await limit.race(call(limit.signal));
  } catch (error) {
    if (signal.aborted) return failed("aborted", { detail: "aborted by the caller" });
    if (!limit.signal.aborted) return failedByThrown(error);
    return failed("timeout", { detail: `no whole answer within ${timeoutMs} ms` });
  } finally {
    limit.end();
  }
}

function presentable(result: ModelResult, apiKey: string): ModelResult {
  const requestId = result.requestId === null ? null : cutAt(storableText(result.requestId), 200);
  if (result.kind === "reply") return { ...result, requestId };
  return { ...result, requestId, detail: cutAt(redacted(storableText(result.detail), apiKey), 500) };
}
