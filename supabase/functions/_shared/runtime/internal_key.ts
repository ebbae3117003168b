import { Buffer } from "node:buffer";
import { createHash, timingSafeEqual } from "node:crypto";
import { HttpError } from "./http.ts";
import type { Secret } from "./secret.ts";

/** The header in which the cron sends the key. */
export const internalKeyHeader = "x-internal-api-key";

/** Throws a 401 unless the request carries one of the keys; the comparison takes as long for any wrong one. */
export function requireInternalKey(request: Request, keys: readonly Secret[]): void {
  const given = digest(request.headers.get(internalKeyHeader) ?? "");
  const equal = keys.map((key) => timingSafeEqual(given, digest(key.reveal())));
  if (!equal.includes(true)) {
    throw new HttpError(401, "internal_key_invalid", `This function needs the ${internalKeyHeader} header.`);
  }
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
