import { z } from "zod";
import { AppError } from "functions/_shared/runtime/errors.ts";
import { parseCredentialsKeys } from "functions/_shared/twilio/credentials.ts";
import { localCredentialsKey, localInternalApiKey } from "./local_keys.ts";
import { threeFreePorts } from "./processes/ports.ts";

const wholeNumber = z.string().regex(/^\d+$/, "must be a whole number").transform(Number);
const atLeast = (lowest: number) =>
  wholeNumber.refine((value) => value >= lowest, `must be at least ${lowest}`);
const httpUrl = z.url({ protocol: /^https?$/, error: "must be an http or https URL" })
  .transform((url) => url.replace(/\/+$/, ""));
const aesKeys = z.string().refine(isCredentialsKeys, "must be 32 bytes in base64");

const variables = z.object({
  PORT: wholeNumber.refine((port) => port >= 1 && port <= 65_533, "must be between 1 and 65533").default(
    54_321,
  ),
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/, error: "must be a postgres:// URL" }).optional(),
  PUBLIC_FUNCTIONS_URL: httpUrl.optional(),
  TWILIO_API_BASE_URL: httpUrl.optional(),
  TWILIO_ACCOUNT_SID: z.string().regex(/^AC[0-9a-f]{32}$/i, "must be AC and 32 hexadecimal digits")
    .optional(),
  TWILIO_AUTH_TOKEN: z.string().optional(),
  OPENAI_BASE_URL: httpUrl.optional(),
  OPENAI_API_KEY: z.string().optional(),
  OPENAI_MODEL: z.string().optional(),
  OPENAI_API: z.enum(["responses", "chat"]).optional(),
  QUIET_WINDOW_MS: wholeNumber.optional(),
  MAX_WAIT_MS: wholeNumber.refine((ms) => ms <= 120_000, "must be at most 120000").optional(),
  CREDENTIALS_KEY: aesKeys.optional(),
  INTERNAL_API_KEY: z.string().min(16, "must be at least 16 characters long").optional(),
  SWEEP_SECONDS: atLeast(1).default(30),
  BATCH_LOCK_SECONDS: atLeast(1).optional(),
  AI_TIMEOUT_MS: atLeast(1).optional(),
  MAX_ATTEMPTS: atLeast(1).optional(),
  RAW_RETENTION_DAYS: wholeNumber.optional(),
  LOG_LEVEL: z.enum(["debug", "info", "warn", "error"]).optional(),
}).refine(
  ({ QUIET_WINDOW_MS: quiet = 0, MAX_WAIT_MS: longest = 20_000 }) => quiet <= longest,
  { path: ["QUIET_WINDOW_MS"], error: "must not be longer than MAX_WAIT_MS (20000 unless set)" },
);

/** Checked here so that a mistake is told at once; it is the functions that read them. */
const forFunctions = [
  "OPENAI_API",
  "BATCH_LOCK_SECONDS",
  "AI_TIMEOUT_MS",
  "MAX_ATTEMPTS",
  "RAW_RETENTION_DAYS",
  "LOG_LEVEL",
] as const;

export type Ports = { gateway: number; database: number; page: number };

/** What a stack is made of. Null means "the stack's own": it starts that part itself, or leaves the demo tenant's value. */
export interface StackSettings {
  ports: Ports;
  /** Where the database lives between two runs. */
  dataDir: string;
  /** Empties `dataDir` first. */
  fresh: boolean;
  /** False gives up safety against power loss for speed: for tests. */
  durable: boolean;
  databaseUrl: string | null;
  /** What Twilio calls, when that is not the gateway itself (a tunnel). */
  publicFunctionsUrl: string | null;
  twilioApiBaseUrl: string | null;
  twilioAccountSid: string | null;
  twilioAuthToken: string | null;
  openaiBaseUrl: string | null;
  openaiApiKey: string | null;
  openaiModel: string | null;
  quietWindowMs: number | null;
  maxWaitMs: number | null;
  credentialsKey: string;
  internalApiKey: string;
  sweepSeconds: number;
  /** Whether the sweep is called by a clock; tests may call it themselves. */
  sweepTicks: boolean;
  /** How long the scripted model thinks. */
  modelDelayMs: number;
  /** Further variables for the functions. */
  functionEnv: Record<string, string>;
}

/** Reads the settings from environment variables; an empty one counts as unset. Throws `settings_malformed`, naming each bad one. */
export function readSettings(
  env: Record<string, string>,
  options: { dataDir: string; fresh: boolean },
): StackSettings {
  const present = Object.fromEntries(Object.entries(env).filter(([, value]) => value.trim() !== ""));
  const parsed = variables.safeParse(present);
  if (!parsed.success) {
    const list = parsed.error.issues.map((issue) => `${issue.path.join(".")} ${issue.message}`).join("; ");
    throw new AppError("settings_malformed", `These settings are malformed: ${list}.`);
  }
  const { PORT, ...values } = parsed.data;
  return {
    ...options,
    ports: { gateway: PORT, database: PORT + 1, page: PORT + 2 },
    durable: true,
    databaseUrl: values.DATABASE_URL ?? null,
    publicFunctionsUrl: values.PUBLIC_FUNCTIONS_URL ?? null,
    twilioApiBaseUrl: values.TWILIO_API_BASE_URL ?? null,
    twilioAccountSid: values.TWILIO_ACCOUNT_SID ?? null,
    twilioAuthToken: values.TWILIO_AUTH_TOKEN ?? null,
    openaiBaseUrl: values.OPENAI_BASE_URL ?? null,
    openaiApiKey: values.OPENAI_API_KEY ?? null,
    openaiModel: values.OPENAI_MODEL ?? null,
    quietWindowMs: values.QUIET_WINDOW_MS ?? null,
    maxWaitMs: values.MAX_WAIT_MS ?? null,
    credentialsKey: values.CREDENTIALS_KEY ?? localCredentialsKey,
    internalApiKey: values.INTERNAL_API_KEY ?? localInternalApiKey,
    sweepSeconds: values.SWEEP_SECONDS,
    sweepTicks: true,
    modelDelayMs: 1_200,
    functionEnv: Object.fromEntries(
      forFunctions.flatMap((name) => values[name] === undefined ? [] : [[name, String(values[name])]]),
    ),
  };
}

/** A stack for one test: free ports, no clock, nothing kept beyond `dataDir`. */
export function testSettings(changes: Partial<StackSettings> & { dataDir: string }): StackSettings {
  const first = threeFreePorts();
  const { ports = { gateway: first, database: first + 1, page: first + 2 } } = changes;
  return {
    ...readSettings({}, { dataDir: changes.dataDir, fresh: false }),
    durable: false,
    sweepTicks: false,
    modelDelayMs: 0,
    ...changes,
    ports,
  };
}

function isCredentialsKeys(text: string): boolean {
  try {
    return parseCredentialsKeys(text).length > 0;
  } catch (cause) {
    if (cause instanceof AppError) return false;
    throw cause;
  }
}
