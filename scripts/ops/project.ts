import type { SupabaseClient } from "@supabase/supabase-js";
import { z } from "zod";
import { createDatabaseClient } from "functions/_shared/db/client.ts";
import type { Database } from "functions/_shared/db/database.types.ts";
import { createRpc, type Rpc } from "functions/_shared/db/rpc.ts";
import { AppError } from "functions/_shared/runtime/errors.ts";
import { type CredentialsKey, parseCredentialsKeys } from "functions/_shared/twilio/credentials.ts";
import { localCredentialsKey, secretKey } from "stack/local_keys.ts";

const environment = z.object({
  SUPABASE_URL: z.url({ protocol: /^https?$/ }).default("http://127.0.0.1:54321"),
  SUPABASE_SECRET_KEY: z.string().optional(),
  SUPABASE_SERVICE_ROLE_KEY: z.string().optional(),
  PUBLIC_FUNCTIONS_URL: z.url({ protocol: /^https?$/ }).optional(),
  CREDENTIALS_KEY: z.string().optional(),
  TWILIO_API_BASE_URL: z.url({ protocol: /^https?$/ }).default("https://api.twilio.com"),
});

/** The Supabase project that an operator's command works on. */
export interface Project {
  client: SupabaseClient<Database>;
  rpc: Rpc;
  /** The current key first. */
  credentialsKeys: [CredentialsKey, ...CredentialsKey[]];
  publicFunctionsUrl: string;
  twilioApiBaseUrl: string;
}

/**
 * From SUPABASE_URL, SUPABASE_SECRET_KEY (or the service role's) and CREDENTIALS_KEY. Without them, the local stack:
 * its keys are published and open nothing else. AppError `project_invalid` names what is missing or malformed.
 */
export function openProject(env: Record<string, string | undefined>): Project {
  // Whoever set it meant to have a key: the local stack's would encrypt with what everybody can read.
  if (env.CREDENTIALS_KEY?.trim() === "") {
    throw new AppError("project_invalid", "CREDENTIALS_KEY is empty: it is to be 32 bytes in base64.");
  }
  const set = Object.fromEntries(
    Object.entries(env).filter(([, value]) => value !== undefined && value !== ""),
  );
  const parsed = environment.safeParse(set);
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) => `${issue.path.join(".")} is malformed`);
    throw new AppError("project_invalid", `${problems.join("; ")}.`);
  }
  const { SUPABASE_URL: given, ...rest } = parsed.data;
  const url = given.replace(/\/+$/, "");
  const isLocal = ["127.0.0.1", "localhost"].includes(new URL(url).hostname);
  const key = rest.SUPABASE_SECRET_KEY ?? rest.SUPABASE_SERVICE_ROLE_KEY ?? (isLocal ? secretKey : null);
  const credentialsKey = rest.CREDENTIALS_KEY ?? (isLocal ? localCredentialsKey : null);
  if (key === null || credentialsKey === null) {
    const missing = [
      ...(key === null ? ["SUPABASE_SECRET_KEY (in older projects SUPABASE_SERVICE_ROLE_KEY)"] : []),
      ...(credentialsKey === null ? ["CREDENTIALS_KEY"] : []),
    ];
    throw new AppError("project_invalid", `Set ${missing.join(" and ")} for ${url}.`);
  }
  const client = createDatabaseClient(url, key);
  return {
    client,
    rpc: createRpc(client),
    credentialsKeys: parseCredentialsKeys(credentialsKey),
    publicFunctionsUrl: rest.PUBLIC_FUNCTIONS_URL?.replace(/\/+$/, "") ?? `${url}/functions/v1`,
    twilioApiBaseUrl: rest.TWILIO_API_BASE_URL.replace(/\/+$/, ""),
  };
}
