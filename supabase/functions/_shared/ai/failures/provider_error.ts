import type { Body } from "../body.ts";
import { fieldsOf, isFields, itemsOf, parseJson } from "../json.ts";

/** A server's own account of what went wrong, wherever it stood. */
export interface ProviderError {
  /** An HTTP status, also one that stood in the body. */
  status: number | null;
  /** Its codes and types, as they came. */
  codes: string[];
  words: string;
}

/** What the body of a refused request says; the status of the response counts unless it hides one of another server. */
export function errorOfRefusal(status: number, body: Body): ProviderError {
  const told = body.kind === "words" ? readError(body.words) : readError(body.values[0]);
  const inner = status >= 500 ? told.status : null;
  return { ...told, status: inner ?? status };
}

/** The error in a body that came with status 200, if there is one: at the top, in a choice, or in an event of a stream. */
export function errorWithin(values: unknown[]): ProviderError | null {
  for (const value of values) {
    const top = fieldsOf(Array.isArray(value) ? value[0] : value);
    const choices = itemsOf(top.choices).map(fieldsOf);
    const inChoices = choices.flatMap(({ error, message }) => [error, fieldsOf(message).error]);
    const places = [top.error, fieldsOf(top.response).error, ...inChoices];
    for (const place of places) {
      const told = readError(place);
      if (isTold(told)) return told;
    }
    const told = hasAnswer(top) ? null : readError(top);
    if (told !== null && isTold(told) && (told.words !== "" || top.type === "error")) return told;
  }
  return null;
}

function hasAnswer({ choices, output, response, type, object }: Record<string, unknown>): boolean {
  return (itemsOf(choices).length > 0 || output !== undefined || response !== undefined) ||
    /^(?:response|ping)/.test(String(type ?? "")) || /^(?:chat|response)/.test(String(object ?? ""));
}

function isTold({ status, codes, words }: ProviderError): boolean {
  const isFine = codes.length > 0 && codes.every((code) => /^(?:0|200|ok|success|null)$/i.test(code));
  return status !== null || (!isFine && (words !== "" || codes.length > 0));
}

/** Servers name the same things differently, and wrap each other's errors, as objects or as texts of JSON. */
function readError(value: unknown, depth = 0): ProviderError {
  if (depth > 8) return { status: null, codes: [], words: "" };
  if (typeof value === "string") {
    const wrapped = parseJson(value);
    return wrapped === undefined
      ? { status: null, codes: [], words: value.trim() }
      : readError(wrapped, depth + 1);
  }
  if (Array.isArray(value)) return merged(value.slice(0, 3).map((each) => readError(each, depth + 1)));
  if (!isFields(value)) return { status: null, codes: [], words: "" };
  const { code, type, status, status_code, http_code, error_code, error_type, reason } = value;
  const marks = [code, status_code, http_code, error_code, status, type, error_type, reason]
    .filter((mark) => typeof mark === "number" || (typeof mark === "string" && mark !== ""))
    .map(String).filter((mark) => mark !== "error");
  const own: ProviderError = {
    status: marks.map(statusIn).find((found) => found !== null) ?? null,
    codes: marks.filter((mark) => statusIn(mark) === null),
    words: "",
  };
  const { message, msg, detail, error, errors, error_description, error_msg, status_msg } = value;
  const inner = [message, msg, detail, error, errors, error_description, error_msg, status_msg];
  const wrapped = [value.innererror, value.metadata, value.details, value.base_resp, value.raw];
  return merged([own, ...[...inner, ...wrapped].map((each) => readError(each, depth + 1))]);
}

function merged(errors: ProviderError[]): ProviderError {
  const words = errors.map(({ words }) => words).filter((words) => words !== "");
  return {
    status: errors.map(({ status }) => status).find((status) => status !== null) ?? null,
    codes: [...new Set(errors.flatMap(({ codes }) => codes))],
    words: [...new Set(words)].join(": "),
  };
}

/** 429, and also the 42901 that some servers make of it. */
function statusIn(mark: string): number | null {
  return /^[45]\d{2}(?:\d{2})?$/.test(mark) ? Number(mark.slice(0, 3)) : null;
}
