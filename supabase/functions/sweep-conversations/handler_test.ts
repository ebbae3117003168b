import { Secret } from "../_shared/runtime/secret.ts";
import assert from "node:assert/strict";
import type { SweepStore } from "../_shared/app/ports/sweep_store.ts";
import { AppError } from "../_shared/runtime/errors.ts";
import { internalKeyHeader } from "../_shared/runtime/internal_key.ts";
import { createFakeClock } from "tests/doubles/fake_clock.ts";
import { keepLog } from "tests/doubles/kept_log.ts";
import { createSweepStore, inTurn } from "tests/doubles/stage.ts";
import { createSweepHandler } from "./handler.ts";

const internalApiKey = "0123456789abcdef";

function open(given: Partial<SweepStore> = {}) {
  const { log, ...kept } = keepLog();
  const { store, calls } = createSweepStore(given);
  const handle = createSweepHandler({
    store,
    respond: () => Promise.resolve("released"),
    clock: createFakeClock(),
    concurrency: 8,
    budgetMs: 20_000,
    rawRetentionDays: 90,
    internalApiKey: new Secret(internalApiKey),
    log,
  });
  return { ...kept, handle, calls };
}

function request(key: string | null, method = "POST"): Request {
  return new Request("http://function.internal/", {
    method,
    headers: key === null ? {} : { [internalKeyHeader]: key },
    ...(method === "POST" ? { body: "{}" } : {}),
  });
}

Deno.test("the cron's request is one sweep, answered with its counts", async () => {
  const { handle, calls } = open({ stalledSessions: inTurn(["a", "b"]) });
  const response = await handle(request(internalApiKey));
  assert.equal(response.status, 200);
  const counts: Record<string, number> = await response.json();
  assert.deepEqual([counts.stalled, counts.answered, counts.lateSeconds], [2, 2, 3]);
  assert.equal(calls.filter(({ name }) => name === "begin").length, 1);
});

for (const key of [null, "", "fedcba9876543210", `${internalApiKey}0`]) {
  Deno.test(`the key ${JSON.stringify(key)} sweeps nothing`, async () => {
    const { handle, calls } = open();
    assert.equal((await handle(request(key))).status, 401);
    assert.deepEqual(calls, []);
  });
}

for (const method of ["GET", "PUT", "DELETE"]) {
  Deno.test(`${method} sweeps nothing, with the key or without`, async () => {
    const { handle, calls } = open();
    const response = await handle(request(internalApiKey, method));
    assert.equal(response.status, 405);
    assert.equal(response.headers.get("allow"), "POST");
    assert.deepEqual(calls, []);
  });
}

Deno.test("while the database is away the sweep says so", async () => {
  const away = new AppError("database_unavailable", "away", { retryable: true });
  const { handle, line } = open({ begin: inTurn<never>(away) });
  assert.equal((await handle(request(internalApiKey))).status, 503);
  assert.equal(line("request.failed").level, "error");
});
