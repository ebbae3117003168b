import type { Secret } from "../../runtime/secret.ts";

/**
 * Twilio tokens by AccountSid: the current one first, then the previous one while a rotation lasts. Null: unknown account.
 * `fresh` asks anew, for tokens that were rotated since they were kept.
 */
export interface AuthTokens {
  find(accountSid: string, options?: { fresh: boolean }): Promise<readonly Secret[] | null>;
}
