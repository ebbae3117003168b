import type { LocalKeys } from "../local_keys.ts";
import type { StackSettings } from "../settings.ts";

export interface Addresses {
  gateway: string;
  database: string;
  twilio: string;
  openai: string | null;
}

/** What Supabase gives its functions, and what Recado's are told on top. */
export function functionEnvironment(
  settings: StackSettings,
  keys: LocalKeys,
  addresses: Addresses,
): Record<string, string> {
  return {
    SUPABASE_URL: addresses.gateway,
    SUPABASE_ANON_KEY: keys.anon,
    SUPABASE_SERVICE_ROLE_KEY: keys.serviceRole,
    SUPABASE_PUBLISHABLE_KEYS: JSON.stringify({ default: keys.publishable }),
    SUPABASE_SECRET_KEYS: JSON.stringify({ default: keys.secret }),
    SUPABASE_DB_URL: addresses.database,
    PUBLIC_FUNCTIONS_URL: publicFunctionsUrl(settings, addresses.gateway),
    TWILIO_API_BASE_URL: addresses.twilio,
    OPENAI_API_KEY: settings.openaiApiKey ?? "local",
    ...(addresses.openai !== null && { OPENAI_BASE_URL: addresses.openai }),
    ...(settings.openaiModel !== null && { OPENAI_MODEL: settings.openaiModel }),
    CREDENTIALS_KEY: settings.credentialsKey,
    INTERNAL_API_KEY: settings.internalApiKey,
    SWEEP_SECONDS: String(settings.sweepSeconds),
    ...settings.functionEnv,
  };
}

/** The base that Twilio calls and signs. */
export function publicFunctionsUrl(settings: StackSettings, gateway: string): string {
  return settings.publicFunctionsUrl ?? `${gateway}/functions/v1`;
}
