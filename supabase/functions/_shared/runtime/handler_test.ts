import assert from "node:assert/strict";
import { keepLog } from "tests/doubles/kept_log.ts";
import { AppError } from "./errors.ts";
import { handler } from "./handler.ts";
import { HttpError } from "./http.ts";

const request = () =>
  new Request("http://function.internal/", { method: "POST", headers: { "sb-request-id": "r-1" } });

async function answerTo(error: unknown) {
  const { log, lines } = keepLog();
  const response = await handler(log, () => Promise.reject(error))(request());
  const body: { error: Record<string, unknown> } = await response.json();
  return { response, error: body.error, lines };
}

const cases: { what: string; error: unknown; status: number; code: string; level: string }[] = [
  { what: "a refusal", error: new HttpError(403, "no", "No."), status: 403, code: "no", level: "warn" },
  {
    what: "an outage of moments",
    error: new AppError("database_unavailable", "x", { retryable: true }),
    status: 503,
    code: "database_unavailable",
    level: "error",
  },
  {
    what: "an error that will not pass",
    error: new AppError("database_refused", "x"),
    status: 500,
    code: "internal_error",
    level: "error",
  },
  {
    what: "a mistake of ours",
    error: new TypeError("x is undefined"),
    status: 500,
    code: "internal_error",
    level: "error",
  },
  { what: "something thrown", error: "a text", status: 500, code: "internal_error", level: "error" },
];

for (const { what, error, status, code, level } of cases) {
  Deno.test(`${what} is answered ${status} and logged as ${level}`, async () => {
    const answer = await answerTo(error);
    assert.equal(answer.response.status, status);
    assert.equal(answer.error.code, code);
    assert.equal(answer.error.request_id, "r-1");
    assert.equal(answer.lines.length, 1);
    assert.equal(answer.lines[0]?.level, level);
    assert.equal(answer.lines[0]?.request_id, "r-1");
  });
}

Deno.test("the caller learns nothing of an error's inside, the log does", async () => {
  const answer = await answerTo(new AppError("database_refused", "relation secrets does not exist"));
  assert.ok(!JSON.stringify(answer.error).includes("secrets"));
  assert.ok(JSON.stringify(answer.lines).includes("relation secrets"));
});

Deno.test("why something was refused is for the log alone", async () => {
  const cause = new AppError("signed_for_request_host", "signed for https://other.test");
  const answer = await answerTo(new HttpError(403, "signature_invalid", "No.", cause));
  assert.deepEqual(answer.error, { code: "signature_invalid", message: "No.", request_id: "r-1" });
  assert.equal(answer.lines[0]?.reason, "signed_for_request_host");
  assert.equal(answer.lines[0]?.hint, "signed for https://other.test");
  const same = await answerTo(new HttpError(400, "x", "x", new AppError("x", "x")));
  assert.ok(!("reason" in (same.lines[0] ?? {})), "a cause of the same code adds nothing");
});

Deno.test("503 says when to come back, 405 what is allowed, others neither", async () => {
  const headersOf = async (status: number) => {
    const { headers } = (await answerTo(new HttpError(status, "x", "x"))).response;
    return [headers.get("retry-after"), headers.get("allow")];
  };
  assert.deepEqual(await headersOf(503), ["1", null]);
  assert.deepEqual(await headersOf(405), [null, "POST"]);
  assert.deepEqual(await headersOf(413), [null, null]);
});

Deno.test("every line of a request carries its id", async () => {
  const { log, lines } = keepLog();
  const answer = await handler(log, (_request, context) => {
    context.log.info("thing.done");
    return Promise.resolve(new Response(context.requestId));
  })(request());
  assert.equal(await answer.text(), "r-1");
  assert.deepEqual(lines.map(({ event, request_id }) => [event, request_id]), [["thing.done", "r-1"]]);
});

Deno.test("an error that is thrown before the first await is answered too", async () => {
  const { log } = keepLog();
  const answer = await handler(log, () => {
    throw new HttpError(415, "not_a_form", "No form.");
  })(request());
  assert.equal(answer.status, 415);
});
