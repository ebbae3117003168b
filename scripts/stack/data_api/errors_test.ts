import assert from "node:assert/strict";
import { isoTime } from "./connection.ts";
import { asPostgrestError } from "./errors.ts";

const databaseError = (code: string) =>
  Object.assign(new Error("what happened"), { code, detail: "the detail", hint: "the hint" });

/** The status and the body that the library will answer. */
function answered(error: unknown) {
  assert.ok(error instanceof Error && "code" in error && error.code === "PGRST" && "detail" in error);
  return { status: JSON.parse(String(error.detail)).status, body: JSON.parse(error.message) };
}

Deno.test("SQLSTATEs that the library loses keep their code, with PostgREST's status", () => {
  const expected = {
    P0001: 400,
    "40001": 500,
    "40P01": 500,
    "57014": 500,
    "23514": 400,
    "28000": 403,
    RC001: 400,
  };
  for (const [code, status] of Object.entries(expected)) {
    const body = { code, message: "what happened", details: "the detail", hint: "the hint" };
    assert.deepEqual(answered(asPostgrestError(databaseError(code))), { status, body }, code);
  }
});

Deno.test("a lost connection is 503", () => {
  for (const code of ["08006", "57P01", "57P03", "CONNECTION_CLOSED", "ECONNREFUSED"]) {
    const { status, body } = answered(asPostgrestError(databaseError(code)));
    assert.equal(status, 503, code);
    assert.equal(body.code, "PGRST001");
  }
});

Deno.test("what the library answers well by itself is left alone", () => {
  for (const code of ["PT409", "PGRST", "42501", "23505", "22P05", "55P03"]) {
    const error = databaseError(code);
    assert.equal(asPostgrestError(error), error);
  }
  const other = new TypeError("not from the database");
  assert.equal(asPostgrestError(other), other);
});

Deno.test("a time has the form of PostgREST", () => {
  assert.equal(isoTime("2026-01-31 12:00:00.5+00"), "2026-01-31T12:00:00.5+00:00");
  assert.equal(isoTime("2026-01-31 12:00:00+05:30"), "2026-01-31T12:00:00+05:30");
});
