import assert from "node:assert/strict";
import { AppError } from "functions/_shared/runtime/errors.ts";
import { readSettings } from "./settings.ts";

const options = { dataDir: "/data", fresh: false };

Deno.test("without variables everything is the stack's own, on Supabase's ports", () => {
  const settings = readSettings({}, options);
  assert.deepEqual(settings.ports, { gateway: 54_321, database: 54_322, page: 54_323 });
  assert.equal(settings.databaseUrl, null);
  assert.equal(settings.twilioApiBaseUrl, null);
  assert.equal(settings.openaiBaseUrl, null);
  assert.equal(settings.sweepSeconds, 30);
});

Deno.test("PORT moves all three ports", () => {
  assert.deepEqual(readSettings({ PORT: "6000" }, options).ports, {
    gateway: 6000,
    database: 6001,
    page: 6002,
  });
});

Deno.test("an empty variable counts as unset", () => {
  assert.equal(readSettings({ OPENAI_API_KEY: "", PORT: " " }, options).openaiApiKey, null);
});

Deno.test("every malformed variable is named in one error", () => {
  const malformed = {
    PORT: "70000",
    DATABASE_URL: "mysql://localhost/x",
    TWILIO_ACCOUNT_SID: "AC1",
    OPENAI_BASE_URL: "api.openai.com",
    OPENAI_API: "assistants",
    CREDENTIALS_KEY: "c2hvcnQ=",
    SWEEP_SECONDS: "0",
    AI_TIMEOUT_MS: "soon",
    MAX_WAIT_MS: "-5",
  };
  assert.throws(() => readSettings(malformed, options), (error) => {
    assert.ok(error instanceof AppError);
    assert.equal(error.code, "settings_malformed");
    for (const name of Object.keys(malformed)) {
      assert.ok(error.message.includes(name), `${name}: ${error.message}`);
    }
    assert.ok(!error.message.includes("\n"));
    return true;
  });
});

Deno.test("a quiet window longer than the longest wait is refused", () => {
  assert.throws(() => readSettings({ QUIET_WINDOW_MS: "500", MAX_WAIT_MS: "400" }, options), {
    code: "settings_malformed",
  });
  assert.equal(readSettings({ QUIET_WINDOW_MS: "300", MAX_WAIT_MS: "400" }, options).quietWindowMs, 300);
});

Deno.test("what only the functions read is checked and handed on", () => {
  const { functionEnv } = readSettings({
    BATCH_LOCK_SECONDS: "5",
    LOG_LEVEL: "debug",
    OPENAI_API: "responses",
  }, options);
  assert.deepEqual(functionEnv, { BATCH_LOCK_SECONDS: "5", LOG_LEVEL: "debug", OPENAI_API: "responses" });
});

Deno.test("the error never repeats a secret", () => {
  assert.throws(() => readSettings({ CREDENTIALS_KEY: "hunter2hunter2" }, options), (error) => {
    assert.ok(error instanceof Error);
    return !error.message.includes("hunter2");
  });
});
