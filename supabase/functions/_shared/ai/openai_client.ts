import OpenAI from "openai";
import { keepRefusals } from "./failures/refusal.ts";

export interface ClientOptions {
  apiKey: string;
  /** With its version, without a slash at the end: `https://api.openai.com/v1`. */
  baseUrl: string;
  fetch?: typeof fetch;
}

/** OpenAI's own client, which asks once and says nothing; its errors keep whole bodies. */
export function createClient(options: ClientOptions): OpenAI {
  return new OpenAI({
    apiKey: options.apiKey,
    baseURL: options.baseUrl,
    // The queue has its own attempts.
    maxRetries: 0,
    // Given, so that the client does not look for them in the environment.
    organization: null,
    project: null,
    webhookSecret: null,
    adminAPIKey: null,
    logLevel: "off",
    fetch: keepRefusals(options.fetch ?? fetch),
  });
}

/** A detail without the key, or what looks like one, or a password in an address. */
export function redacted(text: string, apiKey: string): string {
  const forms = new Set([apiKey, encodeURIComponent(apiKey), JSON.stringify(apiKey).slice(1, -1)]);
  const clean = apiKey === "" ? text : [...forms].reduce(withoutKey, text);
  return clean.replace(
    /\bsk-[\w*-]{8,}|(?<=\bBearer )[\w.~+/=-]{8,}|(?<=:\/\/)[^\s/@]+(?=@)/gi,
    "[redacted]",
  );
}

/** Local servers are asked with words such as `local` for a key, which stay where they are part of another word. */
function withoutKey(text: string, key: string): string {
  const between = key.length < 12 ? /[\w-]/ : /(?!)/;
  return text.split(key).reduce((clean, rest) =>
    between.test(clean.at(-1) ?? "") || between.test(rest[0] ?? "")
      ? clean + key + rest
      : `${clean}[redacted]${rest}`
  );
}
