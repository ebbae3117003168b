import assert from "node:assert/strict";
import { always, type Answering, apiKey } from "tests/doubles/openai_server.ts";
import { standingOf } from "./model_catalog.ts";

const now = new Date("2026-11-25T12:00:00Z");

/** What is said of a model by a server that answers so, and which paths it was asked. */
async function asked(model: string, answering: Answering, timeoutMs = 5_000) {
  const paths: string[] = [];
  const fetcher: typeof fetch = async (input, init) => {
    const request = new Request(input, init);
    assert.equal(request.method, "GET");
    assert.equal(request.headers.get("authorization"), `Bearer ${apiKey}`);
    paths.push(new URL(request.url).pathname);
    return await answering(request);
  };
  const baseUrl = "https://models.test/v1";
  return { standing: await standingOf(model, { apiKey, baseUrl, fetch: fetcher, now, timeoutMs }), paths };
}

/** https://platform.openai.com/docs/api-reference/models/list */
const listing = (...models: object[]) => ({
  object: "list",
  data: models.map((model) => ({ object: "model", created: 1_686_935_002, owned_by: "openai", ...model })),
});
const missing = {
  error: { message: "The model does not exist", type: "invalid_request_error", code: "model_not_found" },
};

/** The list, and 404 for a single model. */
const lists = (body: unknown): Answering => (request) =>
  request.url.endsWith("/models") ? Response.json(body) : Response.json(missing, { status: 404 });

Deno.test("standingOf() tells a model that is listed from one that is not", async () => {
  const catalog = lists(listing({ id: "gpt-6.1-terra", shutdown_date: null }, { id: "gpt-6-luna" }));
  for (const model of ["gpt-6.1-terra", "gpt-6-luna"]) {
    const { standing, paths } = await asked(model, catalog);
    assert.deepEqual(standing, { kind: "exists", shutdownDate: null });
    assert.deepEqual(paths, ["/v1/models"]);
  }
  const { standing, paths } = await asked("gpt-9/turbo", catalog);
  assert.deepEqual(standing, { kind: "unknown" });
  assert.deepEqual(paths, ["/v1/models", "/v1/models/gpt-9%2Fturbo"]);
});

Deno.test("standingOf() warns of a shutdown within 60 days, and names a later one", async () => {
  const cases: [unknown, unknown][] = [
    ["2026-12-11", { kind: "shutting_down", shutdownDate: "2026-12-11", daysLeft: 15 }],
    ["2027-01-24T12:00:00Z", { kind: "shutting_down", shutdownDate: "2027-01-24", daysLeft: 60 }],
    ["2027-01-26", { kind: "exists", shutdownDate: "2027-01-26" }],
    ["2026-11-01", { kind: "shutting_down", shutdownDate: "2026-11-01", daysLeft: -25 }],
    [1_796_947_200, { kind: "shutting_down", shutdownDate: "2026-12-11", daysLeft: 15 }],
    ["soon", { kind: "exists", shutdownDate: null }],
    [7e15, { kind: "exists", shutdownDate: null }],
  ];
  for (const [shutdown_date, expected] of cases) {
    const { standing } = await asked("m", lists(listing({ id: "m", shutdown_date })));
    assert.deepEqual(standing, expected, String(shutdown_date));
  }
});

Deno.test("standingOf() understands lists of compatible servers, and asks for one model where there is none", async () => {
  const found = { kind: "exists", shutdownDate: null };
  for (const body of [[{ id: "m" }], { models: [{ name: "m" }] }, { data: [{ id: "models/m" }, null] }]) {
    assert.deepEqual((await asked("m", lists(body))).standing, found);
  }
  const single: Answering = (request) =>
    request.url.endsWith("/m") ? Response.json({ id: "m" }) : Response.json(missing, { status: 404 });
  assert.deepEqual((await asked("m", single)).standing, found);
  const { standing } = await asked("m", always(missing, { status: 404 }));
  assert.equal(standing.kind, "not_told");
  assert.equal((await asked("m", always("<html></html>"))).standing.kind, "not_told");
});

Deno.test("standingOf() tells why it was not told, without the key", async () => {
  const cases: [Answering, string][] = [
    [always({ error: { message: `no ${apiKey}` } }, { status: 401 }), "credentials"],
    [always({}, { status: 429 }), "rate_limited"],
    [always({}, { status: 503 }), "unavailable"],
    [() => Promise.reject(new TypeError("connection refused")), "unreachable"],
  ];
  for (const [answering, failure] of cases) {
    const { standing } = await asked("m", answering);
    assert.ok(standing.kind === "not_told");
    assert.equal(standing.failure, failure);
    assert.ok(!standing.detail.includes(apiKey));
  }
  const silent: Answering = ({ signal }) =>
    new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  const { standing } = await asked("m", silent, 50);
  assert.equal(standing.kind === "not_told" && standing.failure, "timeout");
});
