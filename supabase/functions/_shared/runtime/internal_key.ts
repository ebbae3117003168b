import { Buffer } from "node:buffer";
import { createHash, timingSafeEqual } from "node:crypto";
import { HttpError } from "./http.ts";
import type { Secret } from "./secret.ts";

/** The header in which the cron sends the key. */
export const internalKeyHeader = "x-internal-api-key";

/** Throws a 401 unless the request carries the key; the comparison takes as long for any wrong one. */
export function requireInternalKey(request: Request, key: Secret): void {
  const given = request.headers.get(internalKeyHeader) ?? "";
  if (!timingSafeEqual(digest(given), digest(key.reveal()))) {
    throw new HttpError(401, "internal_key_invalid", `This function needs the ${internalKeyHeader} header.`);
  }
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
