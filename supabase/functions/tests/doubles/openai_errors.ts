import assert from "node:assert/strict";
import type { ModelFailure } from "functions/_shared/app/ports/model.ts";
import { readBody } from "functions/_shared/ai/body.ts";
import { classify } from "functions/_shared/ai/failures/classification.ts";
import { errorOfRefusal, errorWithin } from "functions/_shared/ai/failures/provider_error.ts";

/** What a body is taken for that came with this status; with 200, for the error that must be in it. */
export function classifyBody(status: number, text: string): ModelFailure {
  const body = readBody(text);
  const isAnswer = status === 200 && body.kind === "values";
  const error = isAnswer ? errorWithin(body.values) : errorOfRefusal(status, body);
  assert.ok(error !== null, "an error is seen");
  return classify(error);
}
