import { z } from "zod";
import { AppError } from "./errors.ts";
import { isRedactable } from "./redaction.ts";
import { Secret } from "./secret.ts";

const httpUrl = z.url({ protocol: /^https?$/ }).transform((url) => url.replace(/\/+$/, ""));
const seconds = z.coerce.number().int().positive();

const secret = (text: z.ZodString) => text.transform((value) => new Secret(value));
const wrapped = (value: string | undefined) => value ? new Secret(value) : undefined;

/** Supabase provides its new keys as a JSON object by name (https://supabase.com/docs/guides/api/api-keys). */
const secretKeys = z.string().transform((json, context) => {
  const keys = z.record(z.string(), z.string()).safeParse(parseJson(json));
  if (keys.success) return wrapped(keys.data.default ?? Object.values(keys.data)[0]);
  context.addIssue({ code: "custom", message: "must be a JSON object of keys by name" });
  return z.NEVER;
});

/** Any of them opens the sweep: while one follows another there are two, separated by a comma. */
const internalKeys = z.string().transform((text) => text.split(",").map((key) => key.trim()))
  .pipe(z.array(z.string().min(16, "must be at least 16 characters long, further keys after commas")))
  .transform((keys) => keys.map((key) => new Secret(key)));

/** The current key, then those that still have tokens to decrypt. */
const aesKeys = /^\s*[A-Za-z0-9+/_-]{43}=?\s*(,\s*[A-Za-z0-9+/_-]{43}=?\s*)*$/;

const environment = z.object({
  SUPABASE_URL: httpUrl,
  SUPABASE_SECRET_KEYS: secretKeys.optional(),
  SUPABASE_SERVICE_ROLE_KEY: secret(z.string()).optional(),
  PUBLIC_FUNCTIONS_URL: httpUrl.optional(),
  OPENAI_API_KEY: secret(z.string()),
  OPENAI_BASE_URL: httpUrl.default("https://api.openai.com/v1"),
  OPENAI_API: z.enum(["responses", "chat"]).optional(),
  OPENAI_MODEL: z.string().default("gpt-6.1-terra"),
  TWILIO_API_BASE_URL: httpUrl.default("https://api.twilio.com"),
  CREDENTIALS_KEY: secret(z.string().regex(aesKeys, "must be 32 bytes in base64, further keys after commas")),
  INTERNAL_API_KEY: internalKeys,
  BATCH_LOCK_SECONDS: seconds.default(30),
  SWEEP_SECONDS: seconds.default(30),
  AI_TIMEOUT_MS: z.coerce.number().int().positive().default(30_000),
  RAW_RETENTION_DAYS: z.coerce.number().int().min(0).default(90),
  MAX_ATTEMPTS: z.coerce.number().int().positive().default(5),
  LOG_LEVEL: z.enum(["debug", "info", "warn", "error"]).default("info"),
});

export interface Config extends
  Omit<
    z.infer<typeof environment>,
    "SUPABASE_SECRET_KEYS" | "SUPABASE_SERVICE_ROLE_KEY" | "PUBLIC_FUNCTIONS_URL" | "OPENAI_API"
  > {
  /** A new secret key where the project has one, else the service role's. */
  SUPABASE_KEY: Secret;
  /** The base that Twilio calls. */
  PUBLIC_FUNCTIONS_URL: string;
  /** Unless told, what OpenAI's own server is best asked by, and what every other has. */
  OPENAI_API: "responses" | "chat";
}

/** Reads the whole environment at once. AppError `config_invalid` names every variable that is missing or malformed. */
export function readConfig(env: Record<string, string | undefined>): Config {
  const set = Object.fromEntries(
    Object.entries(env).filter(([, value]) => value !== undefined && value !== ""),
  );
  const parsed = environment.safeParse(set);
  const problems = (parsed.error?.issues ?? []).map(({ path, message }) => {
    const name = String(path[0]);
    return set[name] === undefined ? `${name} is missing` : `${name} is malformed (${message})`;
  });
  const key = parsed.data?.SUPABASE_SECRET_KEYS ?? parsed.data?.SUPABASE_SERVICE_ROLE_KEY;
  if (!key && (parsed.success || !set.SUPABASE_SECRET_KEYS)) {
    problems.push("SUPABASE_SECRET_KEYS or SUPABASE_SERVICE_ROLE_KEY is missing");
  }
  if (!parsed.success || !key) {
    throw new AppError("config_invalid", `The environment cannot be used: ${problems.join("; ")}.`);
  }
  const { SUPABASE_SECRET_KEYS: _keys, SUPABASE_SERVICE_ROLE_KEY: _role, ...rest } = parsed.data;
  return {
    ...rest,
    SUPABASE_KEY: key,
    PUBLIC_FUNCTIONS_URL: rest.PUBLIC_FUNCTIONS_URL ?? `${rest.SUPABASE_URL}/functions/v1`,
    OPENAI_API: rest.OPENAI_API ?? (isOpenAi(rest.OPENAI_BASE_URL) ? "responses" : "chat"),
  };
}

/** The variables whose secrets are too short to be told from ordinary words: logs would show them. */
export function shortSecrets(config: Config): string[] {
  return Object.entries(config).flatMap(([name, value]) =>
    value instanceof Secret && !isRedactable(value.reveal()) ? [name] : []
  );
}

/** Its regional addresses (`eu.api.openai.com`) included. */
function isOpenAi(url: string): boolean {
  return /^(?:.+\.)?api\.openai\.com$/.test(new URL(url).hostname);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
