/** Keys of the local stack. They open nothing but a database on this machine, so they are the same everywhere. */
export const jwtSecret = "super-secret-jwt-token-with-at-least-32-characters-long";
export const publishableKey = "sb_publishable_local_development";
export const secretKey = "sb_secret_local_development";

/** AES-256 key of the demo tenant's Twilio token: 32 bytes, base64. */
export const localCredentialsKey = btoa("local-development-key-32-bytes!!");
export const localInternalApiKey = "local-internal-api-key";

export interface LocalKeys {
  publishable: string;
  secret: string;
  /** The older pair, JWTs: supabase-js takes either. */
  anon: string;
  serviceRole: string;
}

export async function localKeys(): Promise<LocalKeys> {
  return {
    publishable: publishableKey,
    secret: secretKey,
    anon: await sign({ iss: "supabase-demo", role: "anon", exp: 1983812996 }),
    serviceRole: await sign({ iss: "supabase-demo", role: "service_role", exp: 1983812996 }),
  };
}

async function sign(claims: Record<string, unknown>): Promise<string> {
  const { SignJWT } = await import("jose");
  return await new SignJWT(claims)
    .setProtectedHeader({ alg: "HS256", typ: "JWT" })
    .sign(new TextEncoder().encode(jwtSecret));
}
