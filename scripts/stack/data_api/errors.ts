import { z } from "zod";

const databaseError = z.object({
  code: z.string(),
  message: z.string().default(""),
  detail: z.string().nullish(),
  hint: z.string().nullish(),
});

/** SQLSTATEs and classes that the library answers as PostgREST does by itself. */
const understood = /^(PT|PGRST|21|22|42|55|53|23502|23503|23505|25006)/;
const connectionTrouble = /^(08|57P0|CONNECTION_|CONNECT_|ECONN|EPIPE|ENOTFOUND|ETIMEDOUT)/;

/**
 * The library turns every SQLSTATE it does not know into `SUP`. This wraps them so that the caller sees the code and the
 * status PostgREST gives them (https://docs.postgrest.org/en/stable/references/errors.html).
 */
export function asPostgrestError(error: unknown): unknown {
  const parsed = databaseError.safeParse(error);
  if (!parsed.success) return error;
  const { code, message, detail, hint } = parsed.data;
  if (connectionTrouble.test(code)) {
    const lost = {
      code: "PGRST001",
      message: "Database client error. Retrying the connection.",
      details: message,
    };
    return wrapped(error, 503, { ...lost, hint: null });
  }
  if (understood.test(code)) return error;
  return wrapped(error, statusOf(code), { code, message, details: detail ?? null, hint: hint ?? null });
}

/** The form in which SQL may dictate its own answer: the library passes it on untouched. */
function wrapped(cause: unknown, status: number, body: Record<string, string | null>): Error {
  const parts = { code: "PGRST", detail: JSON.stringify({ status, headers: {} }) };
  return Object.assign(new Error(JSON.stringify(body), { cause }), parts);
}

function statusOf(code: string): number {
  if (code === "P0001") return 400;
  const byClass: Record<string, number> = {
    "0L": 403,
    "0P": 403,
    "28": 403,
    "53": 503,
    "54": 500,
    "23": 400,
    "P0": 500,
  };
  const known = byClass[code.slice(0, 2)];
  if (known !== undefined) return known;
  return /^(09|25|2D|38|39|3B|40|55|57|58|F0|HV|XX)/.test(code) ? 500 : 400;
}
