import type { SupabaseClient } from "@supabase/supabase-js";
import { z } from "zod";
import type { AuthTokens } from "../app/ports/auth_tokens.ts";
import { AppError } from "../runtime/errors.ts";
import type { Secret } from "../runtime/secret.ts";
import { faultPoint } from "../runtime/fault_points.ts";
import type { Database } from "./database.types.ts";
import { databaseError } from "./rpc.ts";

const row = z.object({
  auth_token_encrypted: z.string(),
  previous_auth_token_encrypted: z.string().nullable(),
}).nullable();

const keptMs = 60_000;
/** Asked for fresh ones, whoever forges signatures costs one query a second and no more. */
const freshMs = 1_000;
const timeoutMs = 5_000;

export interface AuthTokensOptions {
  decrypt: (encrypted: string, accountSid: string) => Promise<Secret>;
  /** Monotonic milliseconds. */
  now: () => number;
}

/** Tokens are kept in this worker for a minute. Unknown accounts are not: one may be registered at any moment. */
export function createAuthTokens(
  client: SupabaseClient<Database>,
  { decrypt, now }: AuthTokensOptions,
): AuthTokens {
  const kept = new Map<string, { tokens: readonly Secret[]; until: number }>();
  const lastFresh = new Map<string, number>();

  return {
    find: async (accountSid, { fresh } = { fresh: false }) => {
      const known = kept.get(accountSid);
      const isFreshEnough = !fresh || now() - (lastFresh.get(accountSid) ?? -Infinity) < freshMs;
      if (known && known.until > now() && isFreshEnough) return known.tokens;
      if (fresh) lastFresh.set(accountSid, now());

      await faultPoint("twilio_accounts.select.before");
      const { data, error, status } = await client
        .from("twilio_accounts")
        .select("auth_token_encrypted, previous_auth_token_encrypted")
        .eq("account_sid", accountSid)
        .abortSignal(AbortSignal.timeout(timeoutMs))
        .maybeSingle();
      await faultPoint("twilio_accounts.select.after");
      if (error) throw databaseError("twilio_accounts", error, status);
      const parsed = row.safeParse(data);
      if (!parsed.success) {
        throw new AppError("database_answer_malformed", "twilio_accounts has an unexpected shape");
      }
      if (parsed.data === null) return null;

      const encrypted = [parsed.data.auth_token_encrypted, parsed.data.previous_auth_token_encrypted];
      const tokens = await Promise.all(
        encrypted.flatMap((jwe) => jwe === null ? [] : [decrypt(jwe, accountSid)]),
      );
      kept.set(accountSid, { tokens, until: now() + keptMs });
      return tokens;
    },
  };
}
