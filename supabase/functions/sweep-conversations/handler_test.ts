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
const nextKey = "fedcba9876543210";

function open(given: Partial<SweepStore> = {}) {
  const { log, ...kept } = keepLog();
  const { store, calls } = createSweepStore(given);
  const work: Promise<unknown>[] = [];
  const handle = createSweepHandler({
    store,
    respond: () => Promise.resolve("released"),
    clock: createFakeClock(),
    concurrency: 8,
    budgetMs: 20_000,
    rawRetentionDays: 90,
    internalApiKeys: [new Secret(nextKey), new Secret(internalApiKey)],
    waitUntil: (each) => void work.push(each),
    log,
  });
  return { ...kept, handle, calls, work };
}

function request(key: string | null, method = "POST"): Request {
  return new Request("http://function.internal/", {
    method,
    headers: key === null ? {} : { [internalKeyHeader]: key },
    ...(method === "POST" ? { body: "{}" } : {}),
  });
}

for (const key of [internalApiKey, nextKey]) {
  Deno.test(`the cron's request with ${key} is one sweep, which records its counts`, async () => {
    const { handle, calls, work } = open({ stalledSessions: inTurn(["a", "b"]) });
    assert.equal((await handle(request(key))).status, 202);
    await Promise.all(work);
    assert.equal(calls.filter(({ name }) => name === "begin").length, 1);
    const finish = calls.find(({ name }) => name === "finish");
    const { stalled, answered } = finish?.args[1] as Record<string, number>;
    assert.deepEqual([stalled, answered], [2, 2]);
  });
}

Deno.test("the answer comes before the database has said anything", async () => {
  const { handle, work } = open({ begin: () => new Promise(() => {}) });
  const response = await handle(request(internalApiKey));
  assert.equal(response.status, 202);
  assert.equal(work.length, 1, "and the work is kept alive");
});

for (const key of [null, "", "0123456789fedcba", `${internalApiKey}0`, `${nextKey},${internalApiKey}`]) {
  Deno.test(`the key ${JSON.stringify(key)} sweeps nothing`, async () => {
    const { handle, calls, work } = open();
    assert.equal((await handle(request(key))).status, 401);
    assert.deepEqual([calls, work], [[], []]);
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

Deno.test("a tick that fails after its acknowledgement says so in the log, and rejects nothing", async () => {
  const away = new AppError("database_unavailable", "away", { retryable: true });
  const { handle, line, work } = open({ begin: inTurn<never>(away) });
  assert.equal((await handle(request(internalApiKey))).status, 202);
  await Promise.all(work);
  assert.equal(line("sweep.failed").level, "error");
});
