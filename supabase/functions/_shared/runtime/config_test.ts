import assert from "node:assert/strict";
import { Secret } from "./secret.ts";
import { readConfig, shortSecrets } from "./config.ts";
import { AppError } from "./errors.ts";

const least = {
  SUPABASE_URL: "https://project.supabase.co/",
  SUPABASE_SERVICE_ROLE_KEY: "service-role",
  OPENAI_API_KEY: "sk-1",
  CREDENTIALS_KEY: `${"a".repeat(43)}=`,
  INTERNAL_API_KEY: "0123456789abcdef",
};

/** The message of the AppError that this environment gives. */
function refusal(env: Record<string, string | undefined>): string {
  try {
    readConfig(env);
  } catch (error) {
    assert.ok(error instanceof AppError);
    assert.equal(error.code, "config_invalid");
    assert.equal(error.retryable, false);
    return error.message;
  }
  throw new Error("The environment was accepted.");
}

Deno.test("the least environment is enough, and everything else has its default", () => {
  const revealed = Object.entries(readConfig(least)).map(([name, value]) => [
    name,
    value instanceof Secret
      ? value.reveal()
      : Array.isArray(value)
      ? value.map((each: Secret) => each.reveal())
      : value,
  ]);
  assert.deepEqual(Object.fromEntries(revealed), {
    SUPABASE_URL: "https://project.supabase.co",
    SUPABASE_KEY: "service-role",
    PUBLIC_FUNCTIONS_URL: "https://project.supabase.co/functions/v1",
    OPENAI_API_KEY: "sk-1",
    OPENAI_BASE_URL: "https://api.openai.com/v1",
    OPENAI_API: "responses",
    OPENAI_MODEL: "gpt-6.1-terra",
    TWILIO_API_BASE_URL: "https://api.twilio.com",
    CREDENTIALS_KEY: least.CREDENTIALS_KEY,
    INTERNAL_API_KEY: [least.INTERNAL_API_KEY],
    BATCH_LOCK_SECONDS: 30,
    SWEEP_SECONDS: 30,
    AI_TIMEOUT_MS: 30_000,
    RAW_RETENTION_DAYS: 90,
    MAX_ATTEMPTS: 5,
    LOG_LEVEL: "info",
  });
});

Deno.test("every required variable that is missing is named at once", () => {
  const message = refusal({});
  const names = [
    "SUPABASE_URL",
    "SUPABASE_SERVICE_ROLE_KEY",
    "OPENAI_API_KEY",
    "CREDENTIALS_KEY",
    "INTERNAL_API_KEY",
  ];
  for (const name of names) assert.ok(message.includes(name), `${name} in: ${message}`);
  assert.ok(!message.includes("OPENAI_BASE_URL"), "what has a default is not missing");
});

const malformed: Record<string, string[]> = {
  SUPABASE_URL: ["project.supabase.co", "ftp://project", "postgres://localhost"],
  PUBLIC_FUNCTIONS_URL: ["localhost:54321", "javascript:alert(1)"],
  OPENAI_BASE_URL: ["api.openai.com"],
  OPENAI_API: ["assistants", "Chat"],
  TWILIO_API_BASE_URL: ["//api.twilio.com"],
  CREDENTIALS_KEY: [" ", "=", "a".repeat(42), `${"a".repeat(43)}=,`],
  INTERNAL_API_KEY: ["too short", "0123456789abcdef,", "0123456789abcdef,too short", ","],
  BATCH_LOCK_SECONDS: ["0", "-1", "1.5", "half a minute", "Infinity"],
  SWEEP_SECONDS: ["0", "x"],
  AI_TIMEOUT_MS: ["0", "30s"],
  RAW_RETENTION_DAYS: ["-1", "90 days"],
  MAX_ATTEMPTS: ["0", "five"],
  LOG_LEVEL: ["verbose", "INFO"],
  SUPABASE_SECRET_KEYS: ["sb_secret_1", "[]", '{"default":1}', '"sb_secret_1"', "null"],
};

for (const [name, values] of Object.entries(malformed)) {
  for (const value of values) {
    Deno.test(`${name}=${value} is refused by name`, () => {
      const message = refusal({ ...least, [name]: value });
      assert.match(message, new RegExp(`${name} is malformed`));
    });
  }
}

Deno.test("everything malformed and everything missing is named in one error", () => {
  const broken = Object.fromEntries(Object.entries(malformed).map(([name, [value]]) => [name, value]));
  const message = refusal(broken);
  for (const name of [...Object.keys(malformed), "OPENAI_API_KEY"]) {
    assert.ok(message.includes(name), `${name} in: ${message}`);
  }
});

Deno.test("no value is repeated in the error: it may be a secret", () => {
  const message = refusal({
    ...least,
    INTERNAL_API_KEY: "hunter2",
    SUPABASE_SECRET_KEYS: "sb_secret_hunter3",
  });
  assert.ok(!message.includes("hunter"), message);
});

Deno.test("an empty variable counts as missing, and one with a default takes it", () => {
  for (const name of ["OPENAI_API_KEY", "CREDENTIALS_KEY", "INTERNAL_API_KEY"]) {
    assert.match(refusal({ ...least, [name]: "" }), new RegExp(`${name} is missing`));
  }
  assert.equal(readConfig({ ...least, MAX_ATTEMPTS: "", SUPABASE_SECRET_KEYS: "" }).MAX_ATTEMPTS, 5);
});

Deno.test("while one internal key follows another there are two", () => {
  const keys =
    readConfig({ ...least, INTERNAL_API_KEY: "0123456789abcdef, fedcba9876543210" }).INTERNAL_API_KEY;
  assert.deepEqual(keys.map((key) => key.reveal()), ["0123456789abcdef", "fedcba9876543210"]);
});

Deno.test("a trailing slash of an address makes no difference", () => {
  const { PUBLIC_FUNCTIONS_URL } = readConfig({
    ...least,
    PUBLIC_FUNCTIONS_URL: "https://recado.example/functions/v1//",
  });
  assert.equal(PUBLIC_FUNCTIONS_URL, "https://recado.example/functions/v1");
});

Deno.test("OpenAI's own server is asked by Responses, any other by Chat Completions, unless told", () => {
  const apiOf = (url: string, api = "") =>
    readConfig({ ...least, OPENAI_BASE_URL: url, OPENAI_API: api }).OPENAI_API;
  for (const url of ["", "https://api.openai.com/v1", "https://eu.api.openai.com/v1/"]) {
    assert.equal(apiOf(url), "responses");
    assert.equal(apiOf(url, "chat"), "chat");
  }
  for (
    const url of [
      "http://127.0.0.1:8080/v1",
      "https://x.openai.azure.com/openai/v1",
      "https://api.openai.com.example/v1",
    ]
  ) {
    assert.equal(apiOf(url), "chat");
    assert.equal(apiOf(url, "responses"), "responses");
  }
});

Deno.test("the new secret keys come before the service role's", () => {
  const keyOf = (keys: object) =>
    readConfig({ ...least, SUPABASE_SECRET_KEYS: JSON.stringify(keys) }).SUPABASE_KEY.reveal();
  assert.equal(keyOf({ other: "sb_secret_o", default: "sb_secret_d" }), "sb_secret_d");
  assert.equal(keyOf({ other: "sb_secret_o" }), "sb_secret_o");
  assert.equal(keyOf({}), "service-role");
});

Deno.test("the new secret keys are enough by themselves", () => {
  const { SUPABASE_SERVICE_ROLE_KEY: _, ...rest } = least;
  const env = { ...rest, SUPABASE_SECRET_KEYS: '{"default":"sb_secret_d"}' };
  assert.equal(readConfig(env).SUPABASE_KEY.reveal(), "sb_secret_d");
  assert.match(refusal({ ...rest, SUPABASE_SECRET_KEYS: "{}" }), /SUPABASE_SECRET_KEYS or/);
});

Deno.test("secrets too short to be searched for in texts are named", () => {
  assert.deepEqual(shortSecrets(readConfig({ ...least, OPENAI_API_KEY: "k" })), ["OPENAI_API_KEY"]);
  assert.deepEqual(shortSecrets(readConfig({ ...least, OPENAI_API_KEY: "sk-12345" })), []);
});
